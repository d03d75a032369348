import { parseEntityRef } from '@backstage/catalog-model';
import type { FactCriteria } from '@downstage/node';

/** One alternative of a catalog query: all of its fields hold. */
export type CatalogFilter = Record<string, string | string[]>;

/**
 * What the catalog can be asked for, so that it does not read what a policy hides anyway: at least everything that
 * meets the criteria. The rest is left out with `meets`.
 *
 * @remarks
 * The catalog's owner and classification are not always those that count: a data set whose owner was kept against its
 * file is `restricted`. `keptBy` gives the data sets that each owner keeps; without an answer nothing is bounded by
 * owner.
 *
 * @returns `undefined` for no bound; an empty list where nothing can meet the criteria
 */
export function catalogBound(
  criteria: FactCriteria,
  keptBy: (owners: string[]) => string[] | undefined,
): CatalogFilter[] | undefined {
  if ('allOf' in criteria) {
    // One part bounds all of them; the shortest list is the cheapest.
    return criteria.allOf
      .map(part => catalogBound(part, keptBy))
      .filter(bound => bound !== undefined)
      .sort((a, b) => a.length - b.length)
      .at(0);
  }
  if ('anyOf' in criteria) {
    const bounds = criteria.anyOf.map(part => catalogBound(part, keptBy));
    return bounds.every(bound => bound !== undefined)
      ? bounds.flat()
      : undefined;
  }
  if ('not' in criteria) return undefined;
  const { fact, values } = criteria;
  if (!values.length) return [];
  switch (fact) {
    case 'owner': {
      const kept = keptBy(values);
      return kept && [{ 'relations.ownedBy': values }, ...kept.flatMap(byName)];
    }
    case 'namespace':
      return [{ 'metadata.namespace': values }];
    case 'dataset':
      return values.flatMap(byName);
    case 'classification':
      return values.includes('restricted')
        ? undefined
        : [{ 'spec.classification': values }];
    default:
      // Data sets have no other fact.
      return [];
  }
}

/** The owners that the criteria ask for. */
export function ownersIn(criteria: FactCriteria): string[] {
  if ('allOf' in criteria) return criteria.allOf.flatMap(ownersIn);
  if ('anyOf' in criteria) return criteria.anyOf.flatMap(ownersIn);
  if ('not' in criteria) return ownersIn(criteria.not);
  return criteria.fact === 'owner' ? criteria.values : [];
}

function byName(ref: string): CatalogFilter[] {
  try {
    const { namespace, name } = parseEntityRef(ref, {
      defaultKind: 'dataset',
      defaultNamespace: 'default',
    });
    return [{ 'metadata.namespace': namespace, 'metadata.name': name }];
  } catch {
    return [];
  }
}
