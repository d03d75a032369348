import type { Model } from '@downstage/plugin-ml-registry-common';

/** Which models a list shows. */
export const modelFilters = [
  'all',
  'production',
  'candidate',
  'none',
  'waiting',
] as const;
export type ModelFilter = (typeof modelFilters)[number];

const tests: Record<ModelFilter, (model: Model) => boolean> = {
  all: () => true,
  production: model => model.production !== undefined,
  candidate: model => model.candidate !== undefined,
  none: model => model.production === undefined,
  waiting: model => model.pendingPromotions > 0,
};

/** The models of the filter whose name, title, description or owner contains every word of the search. */
export function filterModels(
  models: readonly Model[],
  options: { filter: ModelFilter; search: string },
): Model[] {
  const words = options.search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter(model => {
    const text = [model.name, model.title, model.description, model.owner]
      .join(' ')
      .toLowerCase();
    return (
      tests[options.filter](model) && words.every(word => text.includes(word))
    );
  });
}
