import type { Model } from '@downstage/plugin-ml-registry-common';

/** Which models a list shows, by stage. */
export const modelFilters = [
  'all',
  'production',
  'candidate',
  'none',
  'waiting',
] as const;
export type ModelFilter = (typeof modelFilters)[number];

/** Which models a list shows, by how they fare. */
export const healthFilters = ['any', 'attention', 'good', 'unknown'] as const;
export type HealthFilter = (typeof healthFilters)[number];

/** Owners that are not one entity: everybody, the reader's own, and nobody. */
export const ownerFilters = { any: '', mine: 'mine', nobody: 'nobody' };

export type ModelListFilter = {
  stage: ModelFilter;
  search: string;
  /** One of {@link ownerFilters}, or an entity ref. */
  owner: string;
  health: HealthFilter;
};

const stageTests: Record<ModelFilter, (model: Model) => boolean> = {
  all: () => true,
  production: model => model.production !== undefined,
  candidate: model => model.candidate !== undefined,
  none: model => model.production === undefined,
  waiting: model => model.pendingPromotions > 0,
};

/** The models of the filter whose name, title, description or owner contains every word of the search. */
export function filterModels(
  models: readonly Model[],
  filter: ModelListFilter,
  context: {
    /** What the reader owns things through. */
    ownedThrough: readonly string[];
    /** Tones of what is known about a model's health; empty for nothing. */
    tonesOf: (modelRef: string) => readonly string[];
  },
): Model[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter(model => {
    const text = [model.name, model.title, model.description, model.owner]
      .join(' ')
      .toLowerCase();
    return (
      stageTests[filter.stage](model) &&
      isOwned(model, filter.owner, context.ownedThrough) &&
      isFaring(context.tonesOf(model.ref), filter.health) &&
      words.every(word => text.includes(word))
    );
  });
}

function isOwned(
  { owner }: Model,
  wanted: string,
  ownedThrough: readonly string[],
) {
  if (wanted === ownerFilters.any) return true;
  if (wanted === ownerFilters.nobody) return !owner;
  if (wanted === ownerFilters.mine) {
    return owner !== undefined && ownedThrough.includes(owner);
  }
  return owner === wanted;
}

function isFaring(tones: readonly string[], wanted: HealthFilter) {
  const attention = tones.includes('error') || tones.includes('warning');
  if (wanted === 'attention') return attention;
  if (wanted === 'good') return tones.includes('ok') && !attention;
  if (wanted === 'unknown') return tones.length === 0;
  return true;
}
