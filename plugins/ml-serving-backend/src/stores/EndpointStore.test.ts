import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { claimDue, migrate } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { onlyChampion } from '../domain/variants';
import { EndpointStore } from './EndpointStore';
import { RolloutStore } from './RolloutStore';

jest.setTimeout(60_000);

const now = '2026-03-04T05:06:07.000Z';
const tumour = {
  namespace: 'default',
  name: 'tumour',
  modelRef: 'model:default/tumour',
  owner: 'group:default/diagnostics',
  engine: 'gateway',
  access: { groups: [], anonymous: false },
  createdBy: 'user:default/ann',
  createdAt: now,
};

const aVariant = (version: number) => ({
  variant: 'champion',
  version,
  weight: 100,
  mode: 'live',
});

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
    expect(await store.countByState(allowed)).toEqual({ loading: 1 });
    expect(await store.count()).toBe(4);
  });

  it('takes endpoints of a database of before, all served by the gateway (W9)', async () => {
    const { knex } = await aStore();
    const directory = resolvePackagePath(
      '@downstage/plugin-ml-serving-backend',
      'migrations',
    );
    const before = '20261129120000_access.js';
    while ((await knex.migrate.currentVersion()) !== before.slice(0, 14)) {
      await knex.migrate.down({ directory });
    }
    await knex('endpoints').insert({
      id: 'default/tumour',
      namespace: 'default',
      name: 'tumour',
      model_ref: tumour.modelRef,
      owner: tumour.owner,
      generation: 3,
      observed_generation: 3,
      wanted_version: 2,
      current_version: 2,
      previous_version: 1,
      state: 'ready',
      conditions: '[]',
      created_by: tumour.createdBy,
      created_at: now,
    });
    for (const version of [1, 2]) {
      await knex('endpoint_versions').insert({
        endpoint_id: 'default/tumour',
        version,
        path: `/v${version}`,
        sha256: 'a'.repeat(64),
        features: '[]',
        predictions: '[]',
      });
    }
    await knex.migrate.latest({ directory });
    const store = new EndpointStore(knex);
    expect(await store.find('default/tumour')).toMatchObject({
      engine: 'gateway',
      generation: 3,
      wantedVersion: 2,
      currentVersion: 2,
      previousVersion: 1,
      variants: onlyChampion(2),
    });
    expect(
      await new RolloutStore(knex).list('default/tumour', { limit: 9 }),
    ).toMatchObject([
      {
        number: 1,
        state: 'succeeded',
        from: onlyChampion(1),
        to: onlyChampion(2),
        endedAt: expect.any(String),
      },
    ]);
    expect(await knex('endpoints').columnInfo()).not.toHaveProperty(
      'current_version',
    );
    const served = await store.served('gateway');
    expect(
      served.map(({ endpoint, versions }) => [
        endpoint.id,
        versions.map(({ version }) => version),
      ]),
    ).toEqual([['default/tumour', [1, 2]]]);
    expect(await store.served('kserve')).toEqual([]);
    // A developer who goes back finds what was there.
    await knex.migrate.down({ directory });
    expect(await knex('endpoints').first()).toMatchObject({
      current_version: 2,
      previous_version: 1,
    });
    expect(await knex('endpoint_versions')).toHaveLength(2);
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
    await knex('endpoint_variants').insert([
      { ...aVariant(3), endpoint_id: id },
      // Its files are not here: the engine is not told of it.
      { ...aVariant(9), endpoint_id: id, variant: 'challenger' },
    ]);
    await knex('endpoint_versions')
      .where({ endpoint_id: id, version: 1 })
      .update({ kept_for_rollback: true });
    const queries: string[] = [];
    knex.on('query', ({ sql }) => queries.push(sql));
    const served = await store.served('gateway');
    expect(
      served.map(({ endpoint, versions }) => [
        endpoint.id,
        versions.map(v => v.version),
      ]),
    ).toEqual([[id, [1, 3]]]);
    expect(served[0].endpoint.variants).toEqual(onlyChampion(3));
    expect(queries).toHaveLength(2);
  });

  it('creates one endpoint a model, of which it does not say that no version is in production', async () => {
    const { store } = await aStore();
    const created = await store.create(tumour);
    expect(created).toMatchObject({
      id: 'default/tumour',
      generation: 1,
      state: 'loading',
      currentVersion: undefined,
      conditions: [],
    });
    await expect(store.create(tumour)).rejects.toThrow(
      /already has an endpoint/,
    );
    expect(await store.list({ limit: 10 })).toEqual([created]);
  });

  it('keeps a desired state only while the lease is held', async () => {
    const { knex, store } = await aStore();
    await store.create(tumour);
    const [lease] = await claim(knex);
    const desired = { wantedVersion: 2, generation: 2 };
    expect(await store.saveDesired(lease, desired)).toBe(true);
    expect(await store.find('default/tumour')).toMatchObject(desired);
    const late = { ...desired, wantedVersion: 9 };
    expect(await store.saveDesired({ ...lease, ticket: 'old' }, late)).toBe(
      false,
    );
    expect(await store.find('default/tumour')).toMatchObject(desired);
  });

  it('makes an endpoint due again in the middle of a step, whose result is dropped', async () => {
    const { knex, store } = await aStore();
    await store.create(tumour);
    const [lease] = await claim(knex);
    expect(await claim(knex)).toEqual([]);
    await store.markDue(now, 'model:default/other');
    expect(await claim(knex)).toEqual([]);
    await store.markDue(now, tumour.modelRef);
    const desired = { wantedVersion: 1, generation: 2 };
    expect(await store.saveDesired(lease, desired)).toBe(false);
    expect(await claim(knex)).toHaveLength(1);
  });

  it('keeps what the engine says among the conditions, and drops a step that saw less (W9)', async () => {
    const { knex, store } = await aStore();
    const { id } = await store.create(tumour);
    const judged = {
      type: 'Serving',
      status: 'true' as const,
      reason: 'ProductionVersion',
      message: 'Version 1 answers',
      observedGeneration: 1,
      changedAt: '2026-03-01T00:00:00.000Z',
    };
    await knex('endpoints')
      .where({ id })
      .update({ conditions: JSON.stringify([judged]) });
    const [lease] = await claim(knex);
    const said = {
      type: 'AccessApplied',
      status: 'false' as const,
      reason: 'NotSupported',
      message: 'This engine answers everybody',
    };
    await store.keepSaid(id, [said], now);
    expect((await store.find(id))?.conditions).toEqual([
      judged,
      { ...said, observedGeneration: 1, changedAt: now },
    ]);
    const desired = { wantedVersion: 1, generation: 2 };
    expect(await store.saveDesired(lease, desired)).toBe(false);
    const [next] = await claim(knex);
    // The same words are no news.
    await store.keepSaid(id, [said], '2026-03-05T00:00:00.000Z');
    expect(await store.saveDesired(next, desired)).toBe(true);
    await store.keepSaid(id, [], now);
    expect((await store.find(id))?.conditions).toEqual([judged]);
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
