import type {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  ANNOTATION_LOCATION,
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogRef, entitiesByRef, ownerOf } from '@downstage/node';
import {
  ANNOTATION_INVALID,
  ANNOTATION_UNOWNED,
  REGISTRY_LOCATION,
  UNOWNED_GROUP_REF,
  isModelEntity,
  parseModelSpec,
  type ModelEvaluation,
  type Risk,
} from '@downstage/plugin-ml-catalog-common';
import { modelRefOf, pathOfName } from '../kernel/refs';
import {
  acceptedAsItIs,
  settleProfile,
  type CatalogConflict,
  type EntityProfile,
} from './settleProfile';
import type { OwnershipStore } from './OwnershipStore';

/** What holds for a model: its owner by the registry, and what its catalog file says where that file counts. */
export type ModelProfile = {
  hasEntity: boolean;
  title?: string;
  description?: string;
  /** The registry's owner, else the entity's; absent while nobody has claimed the model. */
  owner?: string;
  /** The catalog has an entity of this name that does not count, and why. */
  conflict?: CatalogConflict;
  risk: Risk;
  approvals?: number;
  evaluation?: ModelEvaluation;
  features: string[];
  /** Why the entity's spec cannot be used; a decision must not be made then. */
  problem?: string;
};

const noEntity: EntityProfile = {
  hasEntity: false,
  risk: 'minimal',
  features: [],
};

/**
 * Reads Model entities, and says which of them speak for a registered model.
 *
 * @remarks
 * This is the one place that says who owns a model: see {@link settleProfile}.
 * Pages read with the caller's credentials. Rights and gates are read with the plugin's own, because they must not
 * depend on what a caller may see. An unreachable catalog is an error, never "no gates".
 */
export class ModelProfiles {
  readonly #catalog: CatalogService;
  readonly #auth: AuthService;
  readonly #ownership: OwnershipStore;

  constructor(options: {
    catalog: CatalogService;
    auth: AuthService;
    ownership: OwnershipStore;
  }) {
    this.#catalog = options.catalog;
    this.#auth = options.auth;
    this.#ownership = options.ownership;
  }

  async get(
    name: string,
    credentials?: BackstageCredentials,
  ): Promise<ModelProfile> {
    const profiles = await this.getAll([name], credentials);
    return profiles.get(name) ?? noEntity;
  }

  /** Whose a model is; nobody's where neither the registry nor a file that counts names an owner. */
  async ownerOf(name: string): Promise<string | undefined> {
    return (await this.get(name)).owner;
  }

  async getAll(
    names: string[],
    credentials?: BackstageCredentials,
  ): Promise<Map<string, ModelProfile>> {
    const entities = await this.#entities(names, credentials);
    const records = await this.#ownership.get(names);
    const profiles = new Map<string, ModelProfile>();
    for (const name of names) {
      const { profile, accept } = settleProfile({
        name,
        record: records.get(name),
        entity: entities.get(name) ?? noEntity,
        nobody: UNOWNED_GROUP_REF,
      });
      profiles.set(name, profile);
      // A caller must not settle what they may not see.
      if (accept && !credentials) await this.#ownership.accept(name, accept);
    }
    return profiles;
  }

  /**
   * From now on the file that is in the catalog counts, or none while there is none.
   *
   * @remarks
   * Called when a model is registered, and when an owner accepts the file. A file that comes later needs an owner's word.
   */
  async acceptFile(name: string): Promise<void> {
    const record = (await this.#ownership.get([name])).get(name);
    if (!record) return;
    const entity = (await this.#entities([name])).get(name) ?? noEntity;
    const isOther =
      entity.source !== undefined &&
      record.owner !== undefined &&
      entity.owner !== record.owner;
    await this.#ownership.accept(
      name,
      acceptedAsItIs(record, isOther ? noEntity : entity),
    );
  }

  /** Whether the catalog has this entity; for owners that are about to be named. */
  async exists(ref: string): Promise<boolean> {
    const credentials = await this.#auth.getOwnServiceCredentials();
    const entity = await this.#catalog.getEntityByRef(catalogRef(ref), {
      credentials,
    });
    return entity !== undefined;
  }

  async #entities(
    names: string[],
    credentials?: BackstageCredentials,
  ): Promise<Map<string, EntityProfile>> {
    const known = names.filter(isEntityName);
    if (!known.length) return new Map();
    const entities = await entitiesByRef(
      this.#catalog,
      { refs: known.map(modelRefOf) },
      {
        credentials:
          credentials ?? (await this.#auth.getOwnServiceCredentials()),
      },
    );
    return new Map(
      known.map(name => {
        const entity = entities.get(modelRefOf(name));
        return [name, entity ? profileOf(entity) : noEntity];
      }),
    );
  }
}

/** The catalog refuses a ref it cannot spell; a model registered under such a name has no entity. */
function isEntityName(model: string) {
  const { namespace, name } = pathOfName(model);
  return [namespace, name].every(part =>
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(part),
  );
}

function profileOf(entity: Entity): EntityProfile {
  if (!isModelEntity(entity)) return noEntity;
  const base = {
    hasEntity: true,
    source: sourceOf(entity),
    title: entity.metadata.title,
    description: entity.metadata.description,
    owner: claimedOwnerOf(entity),
  };
  const mistake = standInFor(entity);
  if (mistake) {
    return { ...base, risk: 'high', features: [], problem: mistake };
  }
  try {
    const spec = parseModelSpec(entity);
    return {
      ...base,
      risk: spec.risk ?? 'minimal',
      approvals: spec.approvals,
      evaluation: spec.evaluation,
      features: (spec.consumesFeatures ?? []).map(ref =>
        stringifyEntityRef(
          parseEntityRef(ref, {
            defaultKind: 'feature',
            defaultNamespace: entity.metadata.namespace ?? 'default',
          }),
        ),
      ),
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...base, risk: 'high', features: [], problem };
  }
}

/** Where the file is; the catalog writes this itself, whatever the file says. */
function sourceOf({ metadata }: Entity): string | undefined {
  const location = metadata.annotations?.[ANNOTATION_LOCATION] ?? 'unknown';
  return location === REGISTRY_LOCATION ? undefined : location;
}

/**
 * What is wrong with the file, where the catalog shows a stand-in for it. The stand-in is a spec of the catalog's own
 * that would parse and has no gates. It must not be taken for "no gates are wanted". With the annotation alone the spec
 * is the last one that was right, and goes on counting.
 */
function standInFor(entity: Entity): string | undefined {
  const mistake = entity.metadata.annotations?.[ANNOTATION_INVALID];
  return entity.spec?.lifecycle === 'invalid' ? mistake : undefined;
}

function claimedOwnerOf(entity: Entity): string | undefined {
  return entity.metadata.annotations?.[ANNOTATION_UNOWNED] === 'true'
    ? undefined
    : ownerOf(entity);
}
