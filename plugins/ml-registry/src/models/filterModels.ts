/** Which models a list shows, by stage. */
export const modelFilters = [
  'all',
  'production',
  'candidate',
  'none',
  'waiting',
] as const;
type ModelFilter = (typeof modelFilters)[number];

/** Which models a list shows, by how they fare: any, or those that need somebody's attention. */
export const healthFilters = ['any', 'attention'] as const;
type HealthFilter = (typeof healthFilters)[number];

/** What a list of models is sorted by. */
export const modelSorts = ['name', 'owner', '-updated', '-created'] as const;
type ModelListSort = (typeof modelSorts)[number];

/** Owners that are not one entity: everybody, the reader's own, and nobody. */
export const ownerFilters = { any: '', mine: 'mine', nobody: 'nobody' };

export type ModelListFilter = {
  stage: ModelFilter;
  search: string;
  /** One of {@link ownerFilters}, or an entity ref. */
  owner: string;
  health: HealthFilter;
  sort: ModelListSort;
};

/** The filter as the registry is asked. `troubled` are the models that need attention. */
export function toQuestion(
  filter: ModelListFilter,
  troubled: readonly string[],
) {
  return {
    ...(filter.search.trim() && { query: filter.search.trim() }),
    ...(filter.owner && { owner: filter.owner }),
    ...(filter.stage !== 'all' && { stage: filter.stage }),
    ...(filter.health === 'attention' && {
      // A list of none would be read as a list of all.
      models: troubled.join(',') || '-',
    }),
  };
}
