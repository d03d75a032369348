import type { CatalogProcessorCache } from '@backstage/plugin-catalog-node';
import { ModelChangedProcessor } from './ModelChangedProcessor';

it('tells once of a model that is new, and again when it was changed', async () => {
  const told: string[] = [];
  const kept = new Map<string, string>();
  const cache = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: string) => {
      kept.set(key, value);
    },
  } as unknown as CatalogProcessorCache;
  const processor = new ModelChangedProcessor({ tell: ref => told.push(ref) });
  const process = (title: string, kind = 'Model') =>
    processor.postProcessEntity(
      { apiVersion: 'x/v1', kind, metadata: { name: 'churn', title } },
      undefined,
      undefined,
      cache,
    );
  await process('Churn');
  await process('Churn');
  await process('Churn', 'Component');
  expect(told).toEqual(['model:default/churn']);
  await process('Leavers');
  expect(told).toHaveLength(2);
});
