import { TestDatabases } from '@backstage/backend-test-utils';
import { claimDue, migrate } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { EndpointStore } from './EndpointStore';

jest.setTimeout(60_000);

const now = '2026-03-04T05:06:07.000Z';
const tumour = {
  namespace: 'default',
  name: 'tumour',
  modelRef: 'model:default/tumour',
  owner: 'group:default/diagnostics',
  access: { groups: [], anonymous: false },
  createdBy: 'user:default/ann',
  createdAt: now,
};

describe.each(testDatabaseIds())('EndpointStore on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });

  async function aStore() {
    const knex = await databases.init(databaseId);
    await migrate(
      { getClient: async () => knex },
      '@downstage/plugin-ml-serving-backend',
    );
    return { knex, store: new EndpointStore(knex) };
  }
  const claim = (knex: Awaited<ReturnType<typeof aStore>>['knex']) =>
    claimDue(knex, {
      table: 'endpoints',
      limit: 1,
      leaseMs: 1000,
      now: new Date(now),
    });

  it('lists a page after another, and counts, as far as the policy lets', async () => {
    const { store } = await aStore();
    for (const name of ['b', 'a_c', 'abc', 'd']) {
      await store.create({
        ...tumour,
        name,
        modelRef: `model:default/${name}`,
        owner: name === 'd' ? 'group:default/credit' : tumour.owner,
      });
    }
    const names = async (
      query: Omit<Parameters<typeof store.list>[0], 'limit'>,
    ) => (await store.list({ limit: 3, ...query })).map(({ name }) => name);
    expect(await names({})).toEqual(['a_c', 'abc', 'b']);
    expect(
      await names({ after: { name: 'abc', namespace: 'default' } }),
    ).toEqual(['b', 'd']);
    // An underscore is itself, not any letter.
    expect(await names({ search: 'A_C' })).toEqual(['a_c']);
    expect(
      await names({ models: ['model:default/d', 'model:default/x'] }),
    ).toEqual(['d']);
    expect(await names({ states: ['ready'] })).toEqual([]);
    const criteria = {
      fact: 'owner',
      values: ['group:default/credit'],
    } as const;
    const allowed = { ...criteria, values: [...criteria.values] };
    expect(await names({ criteria: allowed })).toEqual(['d']);
    expect(await names({ criteria: { not: allowed } })).toEqual([
      'a_c',
      'abc',
      'b',
    ]);
    expect(await store.countByState(allowed)).toEqual({ waiting: 1 });
    expect(await store.count()).toBe(4);
  });

  it('says in two queries what the gateway is told of all endpoints', async () => {
    const { knex, store } = await aStore();
    const { id } = await store.create(tumour);
    await store.create({
      ...tumour,
      name: 'idle',
      modelRef: 'model:default/idle',
    });
    const version = (number: number) => ({
      version: number,
      path: `/v${number}/model.onnx`,
      sha256: 'a'.repeat(64),
      features: [],
      predictions: [],
    });
    for (const number of [1, 2, 3])
      await store.saveVersion(id, version(number));
    await knex('endpoints')
      .where({ id })
      .update({ current_version: 3, previous_version: 1 });
    const queries: string[] = [];
    knex.on('query', ({ sql }) => queries.push(sql));
    const served = await store.served();
    expect(
      served.map(({ endpoint, versions }) => [
        endpoint.id,
        versions.map(v => v.version),
      ]),
    ).toEqual([[id, [1, 3]]]);
    expect(queries).toHaveLength(2);
  });

  it('creates one endpoint a model', async () => {
    const { store } = await aStore();
    const created = await store.create(tumour);
    expect(created).toMatchObject({
      id: 'default/tumour',
      generation: 1,
      state: 'waiting',
      currentVersion: undefined,
      conditions: [],
    });
    await expect(store.create(tumour)).rejects.toThrow(
      /already has an endpoint/,
    );
    expect(await store.list({ limit: 10 })).toEqual([created]);
  });

  it('keeps a wish only while the lease is held', async () => {
    const { knex, store } = await aStore();
    await store.create(tumour);
    const [lease] = await claim(knex);
    const wish = {
      wantedVersion: 2,
      currentVersion: 2,
      previousVersion: 1,
      generation: 2,
    };
    expect(await store.saveWish(lease, wish)).toBe(true);
    expect(await store.find('default/tumour')).toMatchObject(wish);
    const late = { ...wish, wantedVersion: 9 };
    expect(await store.saveWish({ ...lease, ticket: 'old' }, late)).toBe(false);
    expect(await store.find('default/tumour')).toMatchObject(wish);
  });

  it('makes an endpoint due again in the middle of a step, whose result is dropped', async () => {
    const { knex, store } = await aStore();
    await store.create(tumour);
    const [lease] = await claim(knex);
    expect(await claim(knex)).toEqual([]);
    await store.markDue(now, 'model:default/other');
    expect(await claim(knex)).toEqual([]);
    await store.markDue(now, tumour.modelRef);
    const wish = {
      wantedVersion: 1,
      currentVersion: 1,
      previousVersion: undefined,
      generation: 2,
    };
    expect(await store.saveWish(lease, wish)).toBe(false);
    expect(await claim(knex)).toHaveLength(1);
  });

  it('remembers versions, and forgets them with the endpoint', async () => {
    const { store } = await aStore();
    await store.create(tumour);
    const version = {
      version: 1,
      path: '/models/1/model.onnx',
      sha256: 'a'.repeat(64),
      features: [{ name: 'radius', type: 'double' as const }],
      predictions: [],
    };
    await store.saveVersion('default/tumour', version);
    const predictions = [{ name: 'label', type: 'long' as const }];
    await store.saveVersion('default/tumour', { ...version, predictions });
    expect(await store.versions('default/tumour')).toEqual([
      { ...version, predictions },
    ]);
    expect(await store.delete('default/tumour')).toBe(true);
    expect(await store.delete('default/tumour')).toBe(false);
    expect(await store.versions('default/tumour')).toEqual([]);
  });
});
