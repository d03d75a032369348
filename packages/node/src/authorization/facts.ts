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
import { oneOfMany } from './oneOfMany';

/**
 * What a policy may ask about a thing. Each domain fills the facts that it knows; a missing fact matches nothing.
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

/**
 * Facts that the catalog names. It does not tell capitals from small letters, and a model may be registered with
 * capitals. Owners are kept as the catalog spells them, in small letters.
 */
const namedByCatalog: FactName[] = ['namespace', 'model', 'dataset'];

/** Databases count bindings. What the catalog hides can be thousands of models. */
const mostBindings = 100;

/** One question of a condition: is this fact one of these values? */
export type FactQuery = { fact: FactName; values: string[] };

/** What SQL has to hold for a thing to be allowed. */
export type FactCriteria = PermissionCriteria<FactQuery>;

/**
 * The resource type of a domain, with the rules that all our domains share. It gives what a policy needs to use the
 * rules.
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
    apply: (facts, { owners }) => isOneOf(facts, 'owner', owners),
    toQuery: ({ owners }) => ({ fact: 'owner', values: owners }),
  });
  const isInNamespace = createPermissionRule({
    name: 'IS_IN_NAMESPACE',
    description: 'Allow things of these catalog namespaces',
    resourceRef,
    paramsSchema: z.object({ namespaces: z.array(z.string()) }),
    apply: (facts, { namespaces }) => isOneOf(facts, 'namespace', namespaces),
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
    apply: (facts, { models }) => isOneOf(facts, 'model', models),
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
    apply: (facts, { datasets }) => isOneOf(facts, 'dataset', datasets),
    toQuery: ({ datasets }) => ({ fact: 'dataset', values: datasets }),
  });
  const hasClassification = createPermissionRule({
    name: 'HAS_CLASSIFICATION',
    description: 'Allow data of these classifications',
    resourceRef,
    paramsSchema: z.object({ classifications: z.array(z.string()) }),
    apply: (facts, { classifications }) =>
      isOneOf(facts, 'classification', classifications),
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
    apply: (facts, { risks }) => isOneOf(facts, 'risk', risks),
    toQuery: ({ risks }) => ({ fact: 'risk', values: risks }),
  });
  const isInStage = createPermissionRule({
    name: 'IS_IN_STAGE',
    description: 'Allow model versions in these stages',
    resourceRef,
    paramsSchema: z.object({ stages: z.array(z.string()) }),
    apply: (facts, { stages }) => isOneOf(facts, 'stage', stages),
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
  return isOneOf(facts, criteria.fact, criteria.values);
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
    group.whereNotNull(column);
    if (!namedByCatalog.includes(fact)) {
      group.whereIn(column, values);
      return;
    }
    if (values.length > mostBindings) {
      const { sql, binding } = oneOfMany(
        // A query knows its database, though its type does not say so.
        group as unknown as Parameters<typeof oneOfMany>[0],
        values.map(inSmallLetters),
      );
      group.whereRaw(`LOWER(??) ${sql}`, [column, binding]);
      return;
    }
    const marks = values.map(() => 'LOWER(?)').join(', ');
    group.whereRaw(`LOWER(??) IN (${marks})`, [column, ...values]);
  }) as Q;
}

/**
 * The same as text, for statements that are written as text. `of` says when a row has one of these values of a fact.
 *
 * @remarks
 * The text from `of` has to stand in parentheses and must never be null. `not` of an unknown fact is then true.
 */
export function sqlOfFacts(
  criteria: FactCriteria,
  of: (query: FactQuery) => { sql: string; bindings: Knex.RawBinding[] },
): { sql: string; bindings: Knex.RawBinding[] } {
  if (isNotCriteria(criteria)) {
    const { sql, bindings } = sqlOfFacts(criteria.not, of);
    return { sql: `(NOT ${sql})`, bindings };
  }
  const all = isAndCriteria(criteria);
  if (!all && !isOrCriteria(criteria)) return of(criteria);
  const parts = (all ? criteria.allOf : criteria.anyOf).map(part =>
    sqlOfFacts(part, of),
  );
  // An empty `allOf` allows everything, an empty `anyOf` nothing.
  const none = all ? '1 = 1' : '1 = 0';
  const text = parts.map(({ sql }) => sql).join(all ? ' AND ' : ' OR ');
  return {
    sql: `(${text || none})`,
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}

function isOneOf(
  facts: Facts,
  fact: FactName,
  values: readonly string[],
): boolean {
  const value = facts[fact];
  if (value === undefined) return false;
  if (!namedByCatalog.includes(fact)) return values.includes(value);
  const spelled = inSmallLetters(value);
  return values.some(asked => inSmallLetters(asked) === spelled);
}

/** As the catalog does it with refs. */
function inSmallLetters(ref: string): string {
  return ref.toLocaleLowerCase('en-US');
}
