import { isError, NotFoundError } from '@backstage/errors';
import {
  makerOf,
  type Authorizer,
  type Caller,
  type FactCriteria,
  type HiddenEntities,
} from '@downstage/node';
import { mlRegistryReadPermission } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import {
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
  pathOfName,
  type ModelPath,
} from '../kernel/refs';
import type { Sql } from '../kernel/database/sql';
import { ofModelWithinScope, type ReadScope } from './readScope';
import type { ModelProfile, ModelProfiles } from '../owners/ModelProfiles';

/** What the registry knows of a model as a whole. */
export type ModelFacts = {
  name: string;
  description?: string;
  owner?: string;
  createdAt: string;
  updatedAt: string;
  versionCount: number;
  latestVersion?: number;
};

/** Where models are kept. */
export interface KnownModels {
  findModel(name: string): Promise<ModelFacts | undefined>;
}

/**
 * Decides which models a caller sees: the permission policy, with its conditions, and the catalog.
 *
 * @remarks
 * A model whose entity the catalog hides from a person is hidden here too, as if it did not exist. A model without an
 * entity is hidden by nobody but the policy. For lists the names that the catalog hides are kept thirty seconds at most.
 * One page of the portal asks for them many times. A model that is hidden from now on leaves lists so much later.
 */
export class ModelReads {
  readonly #knex: Knex;
  readonly #authorizer: Authorizer;
  readonly #hidden: Pick<HiddenEntities, 'among' | 'mayHide' | 'models'>;
  readonly #profiles: ModelProfiles;
  readonly #versions: KnownModels;
  /** What was written of an answer before, while the answer is kept. */
  readonly #namesOf = new WeakMap<ReadonlySet<string>, string[]>();

  constructor(options: {
    knex: Knex;
    authorizer: Authorizer;
    hidden: Pick<HiddenEntities, 'among' | 'mayHide' | 'models'>;
    profiles: ModelProfiles;
    versions: KnownModels;
  }) {
    this.#knex = options.knex;
    this.#authorizer = options.authorizer;
    this.#hidden = options.hidden;
    this.#profiles = options.profiles;
    this.#versions = options.versions;
  }

  /**
   * What a list is narrowed to in SQL; `undefined` for everything.
   *
   * @throws NotAllowedError for callers who may read no model at all
   */
  filter(caller: Caller): Promise<FactCriteria | undefined> {
    return this.#authorizer.filter({
      caller,
      permission: mlRegistryReadPermission,
    });
  }

  /**
   * What lists are narrowed to, with what the catalog hides; `undefined` for callers who see everything.
   *
   * @throws NotAllowedError for callers who may read nothing at all
   */
  async scope(caller: Caller): Promise<ReadScope | undefined> {
    const [allowed, hidden] = await Promise.all([
      this.filter(caller),
      this.#namesHiddenFrom(caller),
    ]);
    if (!allowed && !hidden.length) return undefined;
    return {
      allowed,
      hidden,
      ...(caller.kind === 'job' && { madeBy: makerOf(caller) }),
    };
  }

  async #namesHiddenFrom(caller: Caller): Promise<string[]> {
    const refs = await this.#hidden.models(caller);
    const names = this.#namesOf.get(refs) ?? [...refs].map(nameOfModelRef);
    this.#namesOf.set(refs, names);
    return names;
  }

  /**
   * What narrows rows that name a registered model in this column: promotions, the ledger. Empty for callers who see
   * everything; for others, rows of a model that exists no more are left out.
   *
   * @throws NotAllowedError for callers who may read nothing at all
   */
  async rowsOf(column: string, caller: Caller): Promise<Sql[]> {
    const scope = await this.scope(caller);
    return scope ? [ofModelWithinScope(this.#knex, column, scope)] : [];
  }

  /** Refuses callers who may read no model at all: the first line where the model is not known yet. */
  requireAny(caller: Caller): Promise<void> {
    return this.#authorizer.requireAny({
      caller,
      permission: mlRegistryReadPermission,
    });
  }

  /** The profile of a model as the caller sees it; `undefined` where the policy or the catalog hides the model. */
  async profileOf(
    name: string,
    caller: Caller,
  ): Promise<ModelProfile | undefined> {
    const profile = await this.#profiles.get(name, caller.credentials);
    if (caller.kind !== 'person') {
      const ref = modelRefOf(name);
      if ((await this.#hidden.among([ref], caller)).size) return undefined;
    } else if (
      !profile.hasEntity &&
      // Where the policy hides no entity there is none, and the catalog need not be asked again.
      (await this.#hidden.mayHide(caller)) &&
      (await this.#profiles.get(name)).hasEntity
    ) {
      return undefined;
    }
    const allowed = await this.#authorizer.allows({
      caller,
      permission: mlRegistryReadPermission,
      facts: {
        owner: profile.owner,
        namespace: pathOfName(name).namespace,
        model: modelRefOf(name),
        risk: profile.risk,
      },
    });
    return allowed ? profile : undefined;
  }

  /**
   * A model with its profile, for what is asked about it beside the model itself: cards, signatures, previews.
   *
   * @throws NotFoundError where the policy or the catalog hides it, as if it did not exist
   */
  async require(
    name: string,
    caller: Caller,
  ): Promise<{ model: ModelFacts; profile: ModelProfile }> {
    await this.requireAny(caller);
    const model = await this.#versions.findModel(name);
    const profile = model && (await this.profileOf(name, caller));
    if (profile) return { model, profile };
    throw noModel(name);
  }

  /**
   * Before a change is judged by its owner: what the caller may not see is answered as if it did not exist.
   *
   * @throws what is given for an absent model
   */
  async requireSeen(
    name: string,
    caller: Caller,
    absent: () => Error,
  ): Promise<void> {
    const seen = await this.sees(name, caller).catch(seesNothingAtAll);
    if (!seen) throw absent();
  }

  /** Whether the caller may know of a model by this name. A name that nothing stands behind is hidden by nobody. */
  async sees(name: string, caller: Caller): Promise<boolean> {
    return (await this.profileOf(name, caller)) !== undefined;
  }
}

/** A caller who may read nothing at all is judged by the right to change alone; trouble stays trouble. */
export function seesNothingAtAll(error: unknown): true {
  if (isError(error) && error.name === 'NotAllowedError') return true;
  throw error;
}

/** What is not there, and what somebody may not see, sound alike. */
export function noModel(name: string): NotFoundError {
  return new NotFoundError(
    `No registered model ${name}; a model appears when its first version is registered`,
  );
}

export function noVersion(path: ModelPath & { version: number }) {
  return new NotFoundError(
    `No version ${path.version} of a registered model ${nameOfPath(path)}`,
  );
}
