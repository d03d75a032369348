import {
  createConditionExports,
  createPermissionResourceRef,
  createPermissionRule,
  isAndCriteria,
  isNotCriteria,
  isOrCriteria,
} from '@backstage/plugin-permission-node';
import type { PermissionCriteria } from '@backstage/plugin-permission-common';
import type { Knex } from 'knex';
import { z } from 'zod';

/**
 * What a policy may ask about a thing. Each domain fills what it knows; what it does not know matches nothing.
 *
 * @remarks
 * Refs are full: `group:default/diagnostics`, `model:default/churn`, `dataset:default/drift`.
 */
export type Facts = {
  owner?: string;
  namespace?: string;
  model?: string;
  dataset?: string;
  /** `public`, `internal`, `confidential` or `restricted`. */
  classification?: string;
  /** `minimal`, `limited` or `high`. */
  risk?: string;
  /** Of a model version. */
  stage?: string;
};

export type FactName = keyof Facts;

/** One question of a condition: is this fact one of these values? */
export type FactQuery = { fact: FactName; values: string[] };

/** What SQL has to hold for a thing to be allowed. */
export type FactCriteria = PermissionCriteria<FactQuery>;

/**
 * The resource type of a domain, with the rules that all our domains share, and what a policy needs to use them.
 *
 * @example
 * ```ts
 * // in a permission policy
 * return createMlModelConditionalDecision(request.permission, mlModelConditions.isOwner({ owners: user.info.ownershipEntityRefs }));
 * ```
 */
export function defineMlResource<T extends string>(options: {
  pluginId: string;
  resourceType: T;
}) {
  const resourceRef = createPermissionResourceRef<Facts, FactQuery>().with({
    pluginId: options.pluginId,
    resourceType: options.resourceType,
  });
  const isOwner = createPermissionRule({
    name: 'IS_OWNER',
    description: 'Allow things that one of these users or groups owns',
    resourceRef,
    paramsSchema: z.object({
      owners: z
        .array(z.string())
        .describe('Entity refs, such as group:default/diagnostics'),
    }),
    apply: ({ owner }, { owners }) => among(owner, owners),
    toQuery: ({ owners }) => ({ fact: 'owner', values: owners }),
  });
  const isInNamespace = createPermissionRule({
    name: 'IS_IN_NAMESPACE',
    description: 'Allow things of these catalog namespaces',
    resourceRef,
    paramsSchema: z.object({ namespaces: z.array(z.string()) }),
    apply: ({ namespace }, { namespaces }) => among(namespace, namespaces),
    toQuery: ({ namespaces }) => ({ fact: 'namespace', values: namespaces }),
  });
  const isOfModel = createPermissionRule({
    name: 'IS_OF_MODEL',
    description: 'Allow what belongs to one of these models',
    resourceRef,
    paramsSchema: z.object({
      models: z
        .array(z.string())
        .describe('Entity refs, such as model:default/churn'),
    }),
    apply: ({ model }, { models }) => among(model, models),
    toQuery: ({ models }) => ({ fact: 'model', values: models }),
  });
  const isOfDataset = createPermissionRule({
    name: 'IS_OF_DATASET',
    description: 'Allow what belongs to one of these data sets',
    resourceRef,
    paramsSchema: z.object({
      datasets: z
        .array(z.string())
        .describe('Entity refs, such as dataset:default/drift'),
    }),
    apply: ({ dataset }, { datasets }) => among(dataset, datasets),
    toQuery: ({ datasets }) => ({ fact: 'dataset', values: datasets }),
  });
  const hasClassification = createPermissionRule({
    name: 'HAS_CLASSIFICATION',
    description: 'Allow data of these classifications',
    resourceRef,
    paramsSchema: z.object({ classifications: z.array(z.string()) }),
    apply: ({ classification }, { classifications }) =>
      among(classification, classifications),
    toQuery: ({ classifications }) => ({
      fact: 'classification',
      values: classifications,
    }),
  });
  const hasRisk = createPermissionRule({
    name: 'HAS_RISK',
    description: 'Allow models of these risks',
    resourceRef,
    paramsSchema: z.object({ risks: z.array(z.string()) }),
    apply: ({ risk }, { risks }) => among(risk, risks),
    toQuery: ({ risks }) => ({ fact: 'risk', values: risks }),
  });
  const isInStage = createPermissionRule({
    name: 'IS_IN_STAGE',
    description: 'Allow model versions in these stages',
    resourceRef,
    paramsSchema: z.object({ stages: z.array(z.string()) }),
    apply: ({ stage }, { stages }) => among(stage, stages),
    toQuery: ({ stages }) => ({ fact: 'stage', values: stages }),
  });
  const rules = {
    isOwner,
    isInNamespace,
    isOfModel,
    isOfDataset,
    hasClassification,
    hasRisk,
    isInStage,
  };
  return {
    resourceRef,
    rules: Object.values(rules),
    ...createConditionExports({ resourceRef, rules }),
  };
}

/** Whether the facts meet the criteria; what {@link whereFacts} asks in SQL, for one thing in memory. */
export function meets(facts: Facts, criteria: FactCriteria): boolean {
  if (isAndCriteria(criteria)) {
    return criteria.allOf.every(part => meets(facts, part));
  }
  if (isOrCriteria(criteria)) {
    return criteria.anyOf.some(part => meets(facts, part));
  }
  if (isNotCriteria(criteria)) return !meets(facts, criteria.not);
  return among(facts[criteria.fact], criteria.values);
}

/**
 * Narrows a query to what the criteria allow.
 *
 * @remarks
 * `columns` says where each fact stands. A fact without a column, or whose column is null, matches nothing, as in
 * {@link meets}; so `not` of it matches.
 */
export function whereFacts<Q extends Knex.QueryBuilder>(
  query: Q,
  criteria: FactCriteria | undefined,
  columns: Partial<Record<FactName, string>>,
): Q {
  if (!criteria) return query;
  if (isAndCriteria(criteria)) {
    return query.where(group => {
      for (const part of criteria.allOf) whereFacts(group, part, columns);
    }) as Q;
  }
  if (isOrCriteria(criteria)) {
    return query.where(group => {
      // An empty `anyOf` allows nothing.
      group.whereRaw('1 = 0');
      for (const part of criteria.anyOf) {
        group.orWhere(inner => {
          whereFacts(inner, part, columns);
        });
      }
    }) as Q;
  }
  if (isNotCriteria(criteria)) {
    return query.whereNot(group => {
      whereFacts(group, criteria.not, columns);
    }) as Q;
  }
  const { fact, values } = criteria;
  const column = columns[fact];
  if (!column || !values.length) return query.whereRaw('1 = 0') as Q;
  return query.where(group => {
    // Never null, so that `not` of it is true where the fact is unknown.
    group.whereNotNull(column).whereIn(column, values);
  }) as Q;
}

function among(value: string | undefined, values: readonly string[]): boolean {
  return value !== undefined && values.includes(value);
}
