import type {
  AuthService,
  DiscoveryService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { ResponseError, ServiceUnavailableError } from '@backstage/errors';
import { z } from 'zod';
import type { Clock } from '@downstage/common';
import type { FactCriteria } from '../authorization/facts';
import { makerOf, type Caller } from '../caller/caller';
import { KeptAnswers } from '../storage/keptAnswers';
import { catalogRef, entitiesByRef } from './catalogRef';
import { namespacesOfModels, refsOfModels } from './modelNames';
import {
  keptRead,
  type KeptConditions,
  type KeptRead,
} from '../caller/keptRights';

const atOnce = 500;

/** The catalog is asked about so many models by name; about more of them, what it hides is known as a whole. */
const mostByName = 150;

/**
 * How long it counts what the catalog hides. Where there are many models the answer takes the catalog a moment. So the
 * next answer is asked for before the last one ends. All names are the same for everybody.
 */
const keptFor = { hiddenMs: 30_000, renewMs: 20_000, namesMs: 2_000 };

/** Of so many callers. Where 20,000 models are hidden from each, an answer takes about 2 MB. */
const mostCallers = 100;

type KnownModels = { namespaces: string[]; refs: string[] };

const verdictsSchema = z.object({
  items: z.array(z.object({ result: z.array(z.enum(AuthorizeResult)) })),
});

/**
 * Says which entities the catalog hides from a caller, so that what we know of them is hidden too.
 *
 * @remarks
 * An entity that does not exist is hidden by nobody. Tokens and jobs are services to the catalog, which shows them
 * everything: they see what meets the conditions that their maker had, and a job sees its own model. The catalog is
 * asked what meets them, as the permission framework asks it. Plugins see everything.
 *
 * About one thing or a page of a list the catalog is asked each time. Which models it hides altogether is kept for
 * thirty seconds at most, for long lists and counts: work does not grow with requests, nor with pages that are read.
 */
export class HiddenEntities {
  readonly #auth: AuthService;
  readonly #catalog: CatalogService;
  readonly #discovery: DiscoveryService;
  readonly #permissions: PermissionsService;
  readonly #hiddenModels: KeptAnswers<ReadonlySet<string>>;
  readonly #allModels: KeptAnswers<KnownModels>;

  constructor(options: {
    auth: AuthService;
    catalog: CatalogService;
    discovery: DiscoveryService;
    permissions: PermissionsService;
    clock: Clock;
  }) {
    const { clock } = options;
    this.#hiddenModels = new KeptAnswers({
      clock,
      keptMs: keptFor.hiddenMs,
      renewMs: keptFor.renewMs,
      most: mostCallers,
    });
    this.#allModels = new KeptAnswers({
      clock,
      keptMs: keptFor.namesMs,
      most: 1,
    });
    this.#auth = options.auth;
    this.#catalog = options.catalog;
    this.#discovery = options.discovery;
    this.#permissions = options.permissions;
  }

  /** Those of some entity refs that exist and that the caller may not see, spelled as they were asked for. */
  async among(
    refs: readonly (string | undefined)[],
    caller: Caller,
  ): Promise<Set<string>> {
    const asked = [...new Set(refs.filter(ref => ref !== undefined))];
    if (!asked.length || !(await this.mayHide(caller))) return new Set();
    if (asked.length > mostByName && asked.every(isModel)) {
      const models = await this.#modelsHiddenFrom(caller);
      return new Set(asked.filter(ref => models.has(ref.toLowerCase())));
    }
    const credentials = await this.#auth.getOwnServiceCredentials();
    const hidden = new Set<string>();
    for (const some of inParts(asked)) {
      const unseen = await this.#unseen(some, caller);
      for (const ref of await this.#existing(unseen, credentials)) {
        hidden.add(ref);
      }
    }
    return hidden;
  }

  /**
   * Refs, in small letters, of all models that exist and that the caller may not see.
   *
   * @remarks
   * A model that is hidden from now on is missing here for thirty seconds at most.
   */
  async models(caller: Caller): Promise<ReadonlySet<string>> {
    return (await this.mayHide(caller))
      ? this.#modelsHiddenFrom(caller)
      : new Set();
  }

  /**
   * What a list of things that belong to models is narrowed to in SQL, besides the policy's criteria. Few rows are left
   * for {@link HiddenEntities.visible} to leave out, so that a page is read at once.
   */
  async narrowed(
    criteria: FactCriteria | undefined,
    caller: Caller,
  ): Promise<FactCriteria | undefined> {
    const hidden = await this.models(caller);
    if (!hidden.size) return criteria;
    const seen: FactCriteria = { not: { fact: 'model', values: [...hidden] } };
    return criteria ? { allOf: [criteria, seen] } : seen;
  }

  #modelsHiddenFrom(caller: Caller): Promise<ReadonlySet<string>> {
    return this.#hiddenModels.get(askerOf(caller), async () => {
      const all = await this.#models();
      if (keptRead(caller, catalogEntityReadPermission) !== undefined) {
        const hidden = new Set<string>();
        for (const some of inParts(all.refs)) {
          for (const ref of await this.#unseen(some, caller)) hidden.add(ref);
        }
        return hidden;
      }
      const { credentials } = caller;
      const shown = await refsOfModels(this.#catalog, all.namespaces, {
        credentials,
      });
      const seen = new Set(shown);
      return new Set(all.refs.filter(ref => !seen.has(ref)));
    });
  }

  /** All that there are. */
  #models(): Promise<KnownModels> {
    return this.#allModels.get('all', async () => {
      const credentials = await this.#auth.getOwnServiceCredentials();
      const options = { credentials };
      const namespaces = await namespacesOfModels(this.#catalog, options);
      return {
        namespaces,
        refs: await refsOfModels(this.#catalog, namespaces, options),
      };
    });
  }

  /** Of some rows, those whose entity the caller may see, in the same order; what has no entity is seen. */
  async visible<T>(
    rows: readonly T[],
    refOf: (row: T) => string | undefined,
    caller: Caller,
  ): Promise<T[]> {
    const hidden = await this.among(rows.map(refOf), caller);
    return rows.filter(row => {
      const ref = refOf(row);
      return ref === undefined || !hidden.has(ref);
    });
  }

  /** Whether the catalog hides this one from the caller. */
  async hides(ref: string | undefined, caller: Caller): Promise<boolean> {
    return (await this.among([ref], caller)).size > 0;
  }

  /** Whether the catalog hides anything from the caller. Most policies let everybody see every entity. */
  async mayHide(caller: Caller): Promise<boolean> {
    if (caller.kind !== 'person') {
      return keptRead(caller, catalogEntityReadPermission) !== undefined;
    }
    const [{ result }] = await this.#permissions.authorizeConditional(
      [{ permission: catalogEntityReadPermission }],
      { credentials: caller.credentials },
    );
    return result !== AuthorizeResult.ALLOW;
  }

  /** Of some refs, those that the caller may not see, and those of what does not exist. */
  async #unseen(refs: string[], caller: Caller): Promise<string[]> {
    const kept = keptRead(caller, catalogEntityReadPermission);
    const seen =
      kept === undefined
        ? await this.#existing(refs, caller.credentials)
        : await this.#meeting(kept, refs, caller);
    return refs.filter(ref => !seen.has(ref) && !isOwnModel(ref, caller));
  }

  async #existing(
    refs: string[],
    credentials: Caller['credentials'],
  ): Promise<Set<string>> {
    const found = await entitiesByRef(
      this.#catalog,
      { refs, fields: ['kind'] },
      { credentials },
    );
    return new Set(found.keys());
  }

  /** Of some entities, those that a token or a job sees. */
  async #meeting(
    kept: KeptRead,
    refs: string[],
    caller: Caller,
  ): Promise<Set<string>> {
    if (kept === 'none' || !refs.length) return new Set();
    const conditions = kept === 'own' ? ownedBy(caller) : kept;
    const { token } = await this.#auth.getPluginRequestToken({
      onBehalfOf: await this.#auth.getOwnServiceCredentials(),
      targetPluginId: 'catalog',
    });
    try {
      const baseUrl = await this.#discovery.getBaseUrl('catalog');
      const response = await fetch(
        `${baseUrl}/.well-known/backstage/permissions/apply-conditions`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({
            items: [
              {
                id: 'kept',
                resourceRef: refs.map(catalogRef),
                resourceType: catalogEntityReadPermission.resourceType,
                conditions,
              },
            ],
          }),
        },
      );
      if (!response.ok) throw await ResponseError.fromResponse(response);
      const { items } = verdictsSchema.parse(await response.json());
      return new Set(
        refs.filter(
          (_, index) => items[0]?.result[index] === AuthorizeResult.ALLOW,
        ),
      );
    } catch (error) {
      throw new ServiceUnavailableError(
        `The catalog could not be asked what ${caller.actor} may see; try again`,
        error,
      );
    }
  }
}

/** Whose answer it is: a person's, a token's, or that of a job. */
function askerOf(caller: Caller): string {
  return caller.kind === 'token'
    ? `token:${caller.token.tokenId}`
    : `${caller.kind}:${makerOf(caller)}`;
}

/** The catalog is asked about so many at once. */
function* inParts(refs: readonly string[]): Generator<string[]> {
  for (let from = 0; from < refs.length; from += atOnce) {
    yield refs.slice(from, from + atOnce);
  }
}

/** Whether this is the ref of a model in full: `model:default/churn`. */
function isModel(ref: string): boolean {
  return /^model:[^/]+\/[^/]+$/i.test(ref);
}

/** The catalog's own rule for what belongs to a group. */
function ownedBy(caller: Caller): KeptConditions {
  const claims =
    caller.kind === 'token'
      ? caller.token.groups
      : caller.kind === 'job' && [
          caller.job.owner,
          ...(caller.job.groups ?? []),
        ];
  return {
    rule: 'IS_ENTITY_OWNER',
    resourceType: catalogEntityReadPermission.resourceType,
    params: { claims: claims || [] },
  };
}

function isOwnModel(ref: string, caller: Caller): boolean {
  const model = caller.kind === 'job' && caller.job.attributes.model;
  return Boolean(model) && catalogRef(String(model)) === catalogRef(ref);
}
