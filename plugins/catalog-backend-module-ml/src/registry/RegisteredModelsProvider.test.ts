import { mockServices } from '@backstage/backend-test-utils';
import type { EntityProviderMutation } from '@backstage/plugin-catalog-node';
import type { NameChange } from './listAllModels';
import { RegisteredModelsProvider } from './RegisteredModelsProvider';
import type { RegisteredModel } from './toModelEntity';

const aModel = (
  name: string,
  updatedAt: string,
  namespace = 'default',
): RegisteredModel => ({
  namespace,
  name,
  updatedAt,
});

async function start(models: RegisteredModel[]) {
  const mutations: EntityProviderMutation[] = [];
  const names: NameChange[] = [];
  const registry = {
    listAll: jest.fn(async () => models),
    listChanged: jest.fn(async (since: string) =>
      models.filter(({ updatedAt }) => updatedAt >= since),
    ),
    listNameChanges: jest.fn(async (since: string) =>
      names.filter(({ at }) => at >= since),
    ),
    listNamed: jest.fn(async (refs: string[]) =>
      models.filter(({ namespace, name }) =>
        refs.includes(`${namespace}/${name}`),
      ),
    ),
  };
  const time = { now: 0 };
  const provider = new RegisteredModelsProvider({
    registry,
    findEntities: async refs => refs.map(() => undefined),
    logger: mockServices.logger.mock(),
    clock: () => new Date(time.now),
  });
  await provider.connect({
    applyMutation: async mutation => {
      mutations.push(mutation);
    },
    refresh: async () => {},
  });
  await provider.refresh();
  return { provider, registry, mutations, models, names, time };
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

  it('keeps models of one name in two namespaces apart', async () => {
    const { provider, registry, mutations, models } = await start([
      aModel('fraud', '2026-03-01T00:00:00.000Z'),
      aModel('fraud', '2026-03-01T00:00:00.000Z', 'credit'),
      aModel('x', '2026-03-01T00:00:00.000Z', 'a_b'),
    ]);
    expect(mutations[0]).toMatchObject({
      type: 'full',
      entities: [
        { entity: { metadata: { namespace: 'default', name: 'fraud' } } },
        { entity: { metadata: { namespace: 'credit', name: 'fraud' } } },
      ],
    });
    models.push(aModel('fraud', '2026-03-02T00:00:00.000Z', 'risk'));
    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({ type: 'delta' });
    // Counted apart, so that nothing seems to be missing.
    expect(registry.listAll).toHaveBeenCalledTimes(1);
  });

  it('compares many models less often than few (R2)', async () => {
    const many = Array.from({ length: 6_000 }, (_, at) =>
      aModel(`model-${at}`, '2026-01-01T00:00:00.000Z'),
    );
    const { provider, registry, time } = await start(many);
    time.now = 9 * 60_000;
    await provider.refresh();
    expect(registry.listAll).toHaveBeenCalledTimes(1);
    time.now = 10 * 60_000;
    await provider.refresh();
    expect(registry.listAll).toHaveBeenCalledTimes(2);
  });

  it('takes out what was deleted, and looks at nothing else for it (R2)', async () => {
    const { provider, registry, mutations, models, names } = await start([
      aModel('A', '2026-01-01T00:00:00.000Z', 'credit'),
      aModel('b', '2026-03-01T00:00:00.000Z'),
      aModel('c', '2026-01-01T00:00:00.000Z'),
    ]);
    models.shift();
    names.push(
      { ref: 'credit/A', change: 'lost', at: '2026-03-02T00:00:00.000Z' },
      // Made again since, and deleted before it was ever seen here.
      { ref: 'default/c', change: 'lost', at: '2026-03-02T00:00:00.000Z' },
      { ref: 'default/d', change: 'got', at: '2026-03-02T00:00:00.000Z' },
      { ref: 'default/d', change: 'lost', at: '2026-03-02T00:00:01.000Z' },
      {
        ref: 'default/no entity',
        change: 'lost',
        at: '2026-03-02T00:00:01.000Z',
      },
    );
    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({
      type: 'delta',
      added: [
        { entity: { metadata: { name: 'b' } } },
        { entity: { metadata: { name: 'c' } } },
      ],
      removed: [{ entityRef: 'model:credit/a' }],
    });
    expect(registry.listNamed.mock.calls).toEqual([
      [['credit/A', 'default/c', 'default/d']],
    ]);
    expect(registry.listAll).toHaveBeenCalledTimes(1);

    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({ type: 'delta', removed: [] });
    expect(registry.listNameChanges.mock.calls).toEqual([
      ['2026-02-28T23:59:00.000Z'],
      ['2026-03-01T23:59:01.000Z'],
    ]);
  });

  it('keeps the entity of a model whose name changed its capital letters alone', async () => {
    const { provider, mutations, models, names } = await start([
      aModel('Churn', '2026-03-01T00:00:00.000Z'),
    ]);
    models.splice(0, 1, aModel('churn', '2026-03-02T00:00:00.000Z'));
    names.push(
      { ref: 'default/churn', change: 'got', at: '2026-03-02T00:00:00.000Z' },
      { ref: 'default/Churn', change: 'lost', at: '2026-03-02T00:00:00.000Z' },
    );
    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({
      type: 'delta',
      added: [{ entity: { metadata: { name: 'churn' } } }],
      removed: [],
    });
  });

  it('brings an imported model, which changed long ago', async () => {
    const { provider, registry, mutations, models, names } = await start([
      aModel('b', '2026-03-01T00:00:00.000Z'),
    ]);
    models.push(aModel('old', '2020-01-01T00:00:00.000Z'));
    names.push({
      ref: 'default/old',
      change: 'got',
      at: '2026-03-02T00:00:00.000Z',
    });
    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({
      type: 'delta',
      added: [
        { entity: { metadata: { name: 'b' } } },
        { entity: { metadata: { name: 'old' } } },
      ],
    });
    await provider.refresh();
    expect(registry.listNamed).toHaveBeenLastCalledWith([]);
    expect(registry.listAll).toHaveBeenCalledTimes(1);
  });

  it('sees a change again that the catalog did not take', async () => {
    const { provider, registry, models, names } = await start([
      aModel('a', '2026-01-01T00:00:00.000Z'),
    ]);
    models.pop();
    names.push({
      ref: 'default/a',
      change: 'lost',
      at: '2026-03-02T00:00:00.000Z',
    });
    await provider.connect({
      applyMutation: async () => {
        throw new Error('No connection to the database');
      },
      refresh: async () => {},
    });
    await expect(provider.refresh()).rejects.toThrow('No connection');
    await expect(provider.refresh()).rejects.toThrow('No connection');
    expect(registry.listNamed.mock.calls).toEqual([
      [['default/a']],
      [['default/a']],
    ]);
  });

  it('compares all every five minutes', async () => {
    const { provider, registry, mutations, models, time } = await start([
      aModel('a', '2026-01-01T00:00:00.000Z'),
      aModel('b', '2026-03-01T00:00:00.000Z'),
    ]);
    models.shift();
    time.now = 5 * 60_000;
    await provider.refresh();
    expect(mutations.at(-1)).toMatchObject({
      type: 'full',
      entities: [{ entity: { metadata: { name: 'b' } } }],
    });
    expect(registry.listAll).toHaveBeenCalledTimes(2);
  });
});
