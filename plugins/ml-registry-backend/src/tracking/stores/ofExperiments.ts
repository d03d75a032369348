import type { Knex } from 'knex';

/**
 * Narrows a query over `runs` to these experiments; without any, to every experiment that is not deleted. That is said
 * as a condition. The newest runs of all experiments are then read along the index of times.
 */
export function ofExperiments(
  query: Knex.QueryBuilder,
  experimentIds: string[] | undefined,
): Knex.QueryBuilder {
  if (!experimentIds) {
    return query.whereRaw(
      "NOT EXISTS (SELECT 1 FROM experiments e WHERE e.experiment_id = runs.experiment_id AND e.lifecycle_stage <> 'active')",
    );
  }
  const ids = experimentIds.filter(id => /^\d{1,9}$/.test(id)).map(Number);
  return query.whereIn('runs.experiment_id', ids);
}
