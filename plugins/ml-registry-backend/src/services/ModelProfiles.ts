import type {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  ANNOTATION_INVALID,
  ANNOTATION_UNOWNED,
  isModelEntity,
  parseModelSpec,
  type ModelEvaluation,
  type Risk,
} from '@downstage/plugin-ml-catalog-common';
import { modelRefOf } from '../domain/refs';

/** What the catalog says about a model, with what holds where it says nothing. */
export type ModelProfile = {
  hasEntity: boolean;
  title?: string;
  description?: string;
  /** Absent without an entity, and while nobody has claimed the entity. */
  owner?: string;
  risk: Risk;
  approvals?: number;
  evaluation?: ModelEvaluation;
  features: string[];
  /** Why the entity's spec cannot be used; a decision must not be made then. */
  problem?: string;
};

const noEntity: ModelProfile = {
  hasEntity: false,
  risk: 'minimal',
  features: [],
};

/**
 * Reads Model entities.
 *
 * @remarks
 * Pages read with the caller's credentials. Rights and gates are read with the plugin's own, because they must not
 * depend on what a caller may see. An unreachable catalog is an error, never "no gates".
 */
export class ModelProfiles {
  readonly #catalog: CatalogService;
  readonly #auth: AuthService;

  constructor(options: { catalog: CatalogService; auth: AuthService }) {
    this.#catalog = options.catalog;
    this.#auth = options.auth;
  }

  async get(
    name: string,
    credentials?: BackstageCredentials,
  ): Promise<ModelProfile> {
    const profiles = await this.getAll([name], credentials);
    return profiles.get(name) ?? noEntity;
  }

  async getAll(
    names: string[],
    credentials?: BackstageCredentials,
  ): Promise<Map<string, ModelProfile>> {
    const known = names.filter(isEntityName);
    if (!known.length) return new Map();
    const { items } = await this.#catalog.getEntitiesByRefs(
      { entityRefs: known.map(modelRefOf) },
      {
        credentials:
          credentials ?? (await this.#auth.getOwnServiceCredentials()),
      },
    );
    return new Map(
      known.map((name, index) => {
        const entity = items[index];
        return [name, entity ? profileOf(entity) : noEntity];
      }),
    );
  }
}

/** The catalog refuses a ref it cannot spell; a model registered under such a name has no entity. */
function isEntityName(name: string) {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(name);
}

function profileOf(entity: Entity): ModelProfile {
  if (!isModelEntity(entity)) return noEntity;
  const base = {
    hasEntity: true,
    title: entity.metadata.title,
    description: entity.metadata.description,
    owner: ownerOf(entity),
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

/**
 * What is wrong with the file, where the catalog shows a stand-in for it: a spec of the catalog's own that would parse,
 * has no gates, and must not be taken for "no gates are wanted". With the annotation alone the spec is the last one
 * that was right, and goes on counting.
 */
function standInFor(entity: Entity): string | undefined {
  const mistake = entity.metadata.annotations?.[ANNOTATION_INVALID];
  return entity.spec?.lifecycle === 'invalid' ? mistake : undefined;
}

function ownerOf(entity: Entity): string | undefined {
  if (entity.metadata.annotations?.[ANNOTATION_UNOWNED] === 'true') {
    return undefined;
  }
  const relation = entity.relations?.find(
    ({ type }) => type === RELATION_OWNED_BY,
  );
  if (relation) return relation.targetRef;
  const owner = entity.spec?.owner;
  if (typeof owner !== 'string') return undefined;
  return stringifyEntityRef(
    parseEntityRef(owner, {
      defaultKind: 'group',
      defaultNamespace: entity.metadata.namespace ?? 'default',
    }),
  );
}
