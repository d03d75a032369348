import { AuthenticationError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { formatTokenSubject } from '@downstage/node';
import { hashOf, RememberedAnswers } from '@downstage/plugin-ml-tokens-node';
import { refusalOf } from '../domain/tokenState';
import type { TokenRecord, TokenStore } from '../stores/TokenStore';
import type { Ownership } from './Ownership';
import type { UseRecorder } from './UseRecorder';

/**
 * Says whom a secret speaks for, now: the row and the catalog are asked again every two seconds at the latest.
 *
 * @remarks
 * A secret that is not known is answered like one that never was. Expired and revoked are told apart, because only
 * who holds the whole secret can ask.
 */
export class TokenVerifier {
  readonly #store: TokenStore;
  readonly #ownership: Ownership;
  readonly #uses: UseRecorder;
  readonly #clock: Clock;
  readonly #answers: RememberedAnswers;

  constructor(options: {
    store: TokenStore;
    ownership: Ownership;
    uses: UseRecorder;
    clock: Clock;
  }) {
    this.#store = options.store;
    this.#ownership = options.ownership;
    this.#uses = options.uses;
    this.#clock = options.clock;
    this.#answers = new RememberedAnswers({ clock: options.clock });
  }

  /**
   * The subject of the token's service principal.
   *
   * @throws AuthenticationError when the token is unknown, expired or revoked, or its owner has left the catalog
   */
  verify(secret: string): Promise<string> {
    return this.#answers.get(secret, () => this.#identify(secret));
  }

  /** Forgets what was answered, so that a change on this replica counts at once. */
  forget() {
    this.#answers.clear();
  }

  async #identify(secret: string): Promise<string> {
    const token = await this.#store.findByHash(hashOf(secret));
    if (!token) {
      throw new AuthenticationError(
        'This portal does not know the access token; make one under Settings, Access tokens',
      );
    }
    const refusal = refusalOf(token, this.#clock());
    if (refusal) throw new AuthenticationError(refusal);
    const groups = await this.#groupsOf(token);
    this.#uses.used(token.id);
    return formatTokenSubject({
      actor: token.actor,
      tokenId: token.id,
      tokenName: token.name,
      scopes: token.scopes,
      groups,
      model: token.binding.model,
      group: token.binding.group,
      conditional: token.conditional,
      permissions: token.permissions,
      rights: token.rights,
    });
  }

  /** What the token owns things through: the owner's refs, as far as the binding lets it. */
  async #groupsOf({ kind, name, owner, binding }: TokenRecord) {
    const refs =
      kind === 'personal'
        ? await this.#ownership.refsOfPerson(owner)
        : (await this.#ownership.hasGroup(owner)) && [owner];
    if (!refs) {
      throw new AuthenticationError(
        `The token '${name}' belongs to ${owner}, who is not in the catalog (any more)`,
      );
    }
    const { group, model } = binding;
    const inGroup = group ? refs.filter(ref => ref === group) : refs;
    if (!model) return inGroup;
    const modelOwner = await this.#ownership.ownerOfModel(model);
    return inGroup.filter(ref => ref === modelOwner);
  }
}
