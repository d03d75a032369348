import { mockServices } from '@backstage/backend-test-utils';
import type { EntityProviderMutation } from '@backstage/plugin-catalog-node';
import { RegisteredModelsProvider } from './RegisteredModelsProvider';
import type { RegisteredModel } from './toModelEntity';

const aModel = (name: string, updatedAt: string): RegisteredModel => ({
  namespace: 'default',
  name,
  updatedAt,
});

async function start(models: RegisteredModel[]) {
  const mutations: EntityProviderMutation[] = [];
  const registry = {
    listAll: jest.fn(async () => models),
    listChanged: jest.fn(async (since: string) =>
      models.filter(({ updatedAt }) => updatedAt >= since),
    ),
    count: async () => models.length,
  };
  const time = { now: 0 };
  const provider = new RegisteredModelsProvider({
    registry,
    findEntities: async refs => refs.map(() => undefined),
    logger: mockServices.logger.mock(),
    clock: () => time.now,
  });
  await provider.connect({
    applyMutation: async mutation => {
      mutations.push(mutation);
    },
    refresh: async () => {},
  });
  await provider.refresh();
  return { provider, registry, mutations, models, time };
}

describe('models of the registry in the catalog', () => {
  it('hands over what changed, and not everything again (R2)', async () => {
    const old = Array.from({ length: 300 }, (_, at) =>
      aModel(`old-${at}`, '2026-01-01T00:00:00.000Z'),
    );
    const { provider, registry, mutations, models } = await start([
      ...old,
      aModel('last', '2026-03-01T00:00:00.000Z'),
    ]);
    expect(mutations).toHaveLength(1);
    models.push(aModel('new', '2026-03-02T00:00:00.000Z'));
    await provider.refresh();
    expect(registry.listAll).toHaveBeenCalledTimes(1);
    expect(mutations[1]).toMatchObject({
      type: 'delta',
      added: [
        { entity: { metadata: { name: 'last' } } },
        { entity: { metadata: { name: 'new' } } },
      ],
      removed: [],
    });
  });

  it('compares all when one was deleted, and every five minutes', async () => {
    const { provider, registry, mutations, models, time } = await start([
      aModel('a', '2026-01-01T00:00:00.000Z'),
      aModel('b', '2026-03-01T00:00:00.000Z'),
    ]);
    models.shift();
    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({
      type: 'full',
      entities: [{ entity: { metadata: { name: 'b' } } }],
    });
    time.now = 5 * 60_000;
    await provider.refresh();
    expect(registry.listAll).toHaveBeenCalledTimes(3);
  });
});
