import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { FactCriteria } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import {
  createMlModelConditionalDecision,
  mlModelConditions,
} from '@downstage/plugin-ml-registry-node';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { caller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { VersionQueries } from '../versions/stores/VersionQueries';
import { RunFactStore } from '../tracking/stores/RunFactStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const credit = 'group:default/credit';
const diagnostics = 'group:default/diagnostics';

const isService = (options?: object) =>
  JSON.stringify(options).includes('"type":"service"');

describe.each(databases.eachSupportedId())('lists of models on %p', id => {
  async function start(names: string[], entities = [aModelEntity()]) {
    const catalog = catalogServiceMock.mock();
    let known = entities;
    catalog.getEntitiesByRefs.mockImplementation(async ({ entityRefs }) => ({
      items: entityRefs.map(ref =>
        known.find(({ metadata }) => ref === `model:default/${metadata.name}`),
      ),
    }));
    const knex = await databases.init(id);
    const registry = await aRegistry(knex, { catalogService: catalog });
    for (const name of names) await registry.aVersion(1, {}, { name });
    const list = async (
      request: Partial<Parameters<typeof registry.models.list>[0]> = {},
      person = 'ann',
    ) => {
      const page = await registry.models.list(
        { limit: 50, ...request },
        as(person),
      );
      return page.items.map(({ name }) => name);
    };
    return {
      ...registry,
      catalog,
      list,
      become: (next: typeof entities) => {
        known = next;
      },
    };
  }

  it('counts what is in production beyond any page', async () => {
    const registry = await start([]);
    const names = Array.from({ length: 230 }, (_, at) => `m${at}`);
    await registry.knex.batchInsert(
      'registered_models',
      names.map(name => ({ name, creation_time: 1, last_updated_time: 1 })),
      100,
    );
    await registry.knex.batchInsert(
      'model_versions',
      names.map(name => ({
        name,
        version: 1,
        creation_time: 1,
        last_updated_time: 1,
        stage: 'production',
        source: 's',
        storage_location: 's',
        status: 'READY',
      })),
      50,
    );
    const counts = await registry.models.count({}, as('ann'));
    expect(counts).toMatchObject({ total: 230, inProduction: 230, waiting: 0 });
  });

  it('names the version in staging that is newer than what is in production', async () => {
    const registry = await start(['tumours']);
    const shown = async () => {
      const { items } = await registry.models.list({ limit: 50 }, as('ann'));
      const { production, staging } = items[0];
      return [production?.version, staging?.version, staging?.stage];
    };
    await registry.knex('model_versions').update({ stage: 'staging' });
    expect(await shown()).toEqual([undefined, 1, 'staging']);
    await registry.aVersion(2);
    await registry.aVersion(3);
    await registry.knex('model_versions').update({ stage: 'staging' });
    expect(await shown()).toEqual([undefined, 3, 'staging']);
    const to = (version: number, stage: string) =>
      registry.knex('model_versions').where({ version }).update({ stage });
    await to(2, 'production');
    expect(await shown()).toEqual([2, 3, 'staging']);
    await to(3, 'archived');
    // Version 1 is still in staging, and behind production.
    expect(await shown()).toEqual([2, undefined, undefined]);
  });

  it('goes through every order page by page and shows each model once', async () => {
    const names = ['d', 'B', 'a', 'c', 'e'];
    const registry = await start(names);
    const orders = new Map<string, string[]>();
    for (const sort of [
      'name',
      '-name',
      'owner',
      '-updated',
      '-created',
    ] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await registry.models.list(
          { sort, cursor, limit: 2 },
          as('ann'),
        );
        seen.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
      } while (cursor);
      expect([...seen].sort()).toEqual([...names].sort());
      orders.set(sort, seen);
    }
    expect(orders.get('name')).toEqual(['B', 'a', 'c', 'd', 'e']);
    expect(orders.get('-created')?.[0]).toBe('e');
  });

  it('finds models by owner, by the words of their entity and by stage', async () => {
    const registry = await start(
      ['tumours', 'fraud', 'nobodys'],
      [
        aModelEntity(),
        {
          ...aModelEntity({ risk: 'high' }, 'fraud'),
          relations: [{ type: 'ownedBy', targetRef: credit }],
        },
      ],
    );
    await registry.promotions.request(
      { namespace: 'default', name: 'tumours', version: 1, to: 'production' },
      as('ann'),
    );
    expect(await registry.list({ owner: credit })).toEqual(['fraud']);
    expect(await registry.list({ owner: 'mine' })).toEqual(['tumours']);
    expect(await registry.list({ owner: 'nobody' })).toEqual(['nobodys']);
    expect(await registry.list({ query: 'TUMOURS diagno' })).toEqual([
      'tumours',
    ]);
    expect(await registry.list({ query: '%' })).toEqual([]);
    expect(await registry.list({ stage: 'production' })).toEqual([]);
    expect(await registry.list({ models: 'model:default/fraud,x' })).toEqual([
      'fraud',
    ]);
    const [fraud] = (
      await registry.models.list({ query: 'fraud', limit: 1 }, as('ann'))
    ).items;
    expect(fraud).toMatchObject({
      risk: 'high',
      owner: credit,
      title: 'Tumours',
    });
    expect((await registry.models.count({}, as('ann'))).owners).toEqual([
      { owner: credit, count: 1 },
      { owner: diagnostics, count: 1 },
    ]);
  });

  it('lists and counts what a conditional permission allows, by owner, risk and model', async () => {
    const registry = await start(
      ['tumours', 'fraud', 'nobodys'],
      [aModelEntity(), aModelEntity({ risk: 'high' }, 'fraud')],
    );
    await registry.entities.readNew();
    const reader = new VersionQueries(
      registry.knex,
      new RunFactStore(registry.knex),
    );
    const allowed = async (criteria: FactCriteria) => {
      const question = { allowed: criteria };
      const page = await reader.listModels({
        question,
        sort: 'name',
        limit: 9,
      });
      const { total } = await reader.countModels(question);
      expect(total).toBe(page.models.length);
      return page.models.map(({ name }) => name);
    };
    const owned = { fact: 'owner' as const, values: [diagnostics] };
    const isHigh = { fact: 'risk' as const, values: ['high'] };
    expect(await allowed(owned)).toEqual(['fraud', 'tumours']);
    expect(await allowed({ not: owned })).toEqual(['nobodys']);
    expect(await allowed({ allOf: [owned, { not: isHigh }] })).toEqual([
      'tumours',
    ]);
    expect(
      await allowed({ fact: 'model', values: ['model:default/fraud'] }),
    ).toEqual(['fraud']);
    expect(await allowed({ fact: 'namespace', values: ['other'] })).toEqual([]);
  });

  it('shows what a conditional policy allows, and answers for the rest as if it did not exist', async () => {
    const registry = await aRegistry(await databases.init(id), {
      permissions: mockServices.permissions.mock({
        authorize: async () => [{ result: AuthorizeResult.ALLOW }] as never,
        authorizeConditional: async ([{ permission }]) =>
          [
            permission.name === 'ml.registry.read'
              ? createMlModelConditionalDecision(permission as never, {
                  not: mlModelConditions.isOfModel({
                    models: ['model:default/tumours'],
                  }),
                })
              : { result: AuthorizeResult.ALLOW },
          ] as never,
      }),
    });
    for (const name of ['tumours', 'fraud']) {
      await registry.tracking.registration.createModel(
        {
          name,
          tags: {},
        },
        { caller: caller('ann') },
      );
    }
    const { models } = registry;
    const listed = await models.list({ limit: 9 }, as('ann'));
    expect(listed.items.map(({ name }) => name)).toEqual(['fraud']);
    expect((await models.count({}, as('ann'))).total).toBe(1);
    const path = { namespace: 'default', name: 'tumours' };
    for (const hidden of [
      models.get(path, as('ann')),
      models.listVersions({ ...path, limit: 9 }, as('ann')),
      models.getVersion({ ...path, version: 1 }, as('ann')),
      models.listArtifacts({ ...path, version: 1 }, as('ann')),
    ]) {
      await expect(hidden).rejects.toMatchObject({ name: 'NotFoundError' });
    }
    await expect(
      models.get({ ...path, name: 'fraud' }, as('ann')),
    ).resolves.toMatchObject({ name: 'fraud' });
  });

  it('narrows lists and single models to a namespace that a conditional policy names', async () => {
    const registry = await aRegistry(await databases.init(id), {
      permissions: mockServices.permissions.mock({
        authorize: async () => [{ result: AuthorizeResult.ALLOW }] as never,
        authorizeConditional: async ([{ permission }]) =>
          [
            permission.name === 'ml.registry.read'
              ? createMlModelConditionalDecision(
                  permission as never,
                  mlModelConditions.isInNamespace({ namespaces: ['credit'] }),
                )
              : { result: AuthorizeResult.ALLOW },
          ] as never,
      }),
    });
    for (const name of ['fraud', 'credit/fraud', 'credit/churn', 'risk/fraud'])
      await registry.aVersion(1, {}, { name });
    const { models } = registry;
    const listed = await models.list({ limit: 9 }, as('ann'));
    expect(listed.items.map(({ ref }) => ref)).toEqual([
      'model:credit/churn',
      'model:credit/fraud',
    ]);
    expect((await models.count({}, as('ann'))).total).toBe(2);
    expect(
      await models.get({ namespace: 'credit', name: 'fraud' }, as('ann')),
    ).toMatchObject({ ref: 'model:credit/fraud' });
    for (const namespace of ['default', 'risk']) {
      await expect(
        models.get({ namespace, name: 'fraud' }, as('ann')),
      ).rejects.toMatchObject({ name: 'NotFoundError' });
    }
  });

  it('reads the catalog once for a model without an entity (R2)', async () => {
    const catalog = catalogServiceMock.mock();
    catalog.getEntitiesByRefs.mockImplementation(async ({ entityRefs }) => ({
      items: entityRefs.map(() => undefined),
    }));
    const registry = await aRegistry(await databases.init(id), {
      catalogService: catalog,
    });
    await registry.aVersion(1, {}, { name: 'tumours' });
    catalog.getEntitiesByRefs.mockClear();
    await registry.models.get(
      { namespace: 'default', name: 'tumours' },
      as('ann'),
    );
    expect(catalog.getEntitiesByRefs).toHaveBeenCalledTimes(1);
  });

  it('hides a model whose entity the catalog hides from the person', async () => {
    const catalog = catalogServiceMock.mock();
    const shown = new Set(['fraud']);
    const entities = [aModelEntity(), aModelEntity({}, 'fraud')];
    catalog.getEntitiesByRefs.mockImplementation(
      async ({ entityRefs }, options) => ({
        items: entityRefs.map(ref =>
          entities.find(
            ({ metadata }) =>
              ref === `model:default/${metadata.name}` &&
              (isService(options) || shown.has(metadata.name)),
          ),
        ),
      }),
    );
    catalog.getEntityFacets.mockImplementation((request, options) =>
      catalogServiceMock({
        entities: entities.filter(
          ({ metadata }) => isService(options) || shown.has(metadata.name),
        ),
      }).getEntityFacets(request, options as never),
    );
    const registry = await aRegistry(await databases.init(id), {
      catalogService: catalog,
      permissions: mockServices.permissions.mock({
        authorize: async () => [{ result: AuthorizeResult.ALLOW }] as never,
        authorizeConditional: async ([{ permission }]) =>
          [
            permission.name === 'catalog.entity.read'
              ? { result: AuthorizeResult.DENY }
              : { result: AuthorizeResult.ALLOW },
          ] as never,
      }),
    });
    for (const name of ['tumours', 'fraud']) {
      await registry.aVersion(1, {}, { name });
    }
    const names = async () =>
      (await registry.models.list({ limit: 9 }, as('ann'))).items.map(
        ({ name }) => name,
      );
    const tumours = () =>
      registry.models.get({ namespace: 'default', name: 'tumours' }, as('ann'));
    expect(await names()).toEqual(['fraud']);
    const counts = await registry.models.count({}, as('ann'));
    expect(counts).toMatchObject({ total: 1 });
    await expect(tumours()).rejects.toMatchObject({ name: 'NotFoundError' });
    shown.add('tumours');
    registry.passes(30_000);
    expect(await names()).toEqual(['fraud', 'tumours']);
    await expect(tumours()).resolves.toMatchObject({ name: 'tumours' });
  });

  it('asks the catalog once in a while what it hides, for each person', async () => {
    const catalog = catalogServiceMock.mock();
    const entities = [aModelEntity(), aModelEntity({}, 'fraud')];
    catalog.getEntityFacets.mockImplementation((request, options) =>
      catalogServiceMock({
        entities: isService(options)
          ? entities
          : entities.slice(JSON.stringify(options).includes('/ben') ? 0 : 1),
      }).getEntityFacets(request, options as never),
    );
    catalog.getEntitiesByRefs.mockImplementation(async ({ entityRefs }) => ({
      items: entityRefs.map(() => undefined),
    }));
    const registry = await aRegistry(await databases.init(id), {
      catalogService: catalog,
      permissions: mockServices.permissions.mock({
        authorize: async () => [{ result: AuthorizeResult.ALLOW }] as never,
        authorizeConditional: async ([{ permission }]) =>
          [
            permission.name === 'catalog.entity.read'
              ? { result: AuthorizeResult.DENY }
              : { result: AuthorizeResult.ALLOW },
          ] as never,
      }),
    });
    for (const name of ['tumours', 'fraud']) {
      await registry.aVersion(1, {}, { name });
    }
    const totals = (person: string) =>
      Promise.all(
        [1, 2, 3].map(async () => {
          const { total } = await registry.models.count({}, as(person));
          return total;
        }),
      );
    const asked = () => catalog.getEntityFacets.mock.calls.length;
    expect(await totals('ann')).toEqual([1, 1, 1]);
    // Its namespaces and the names in the one there is, and those that the person sees.
    expect(asked()).toBe(3);
    expect(await totals('ben')).toEqual([2, 2, 2]);
    expect(asked()).toBe(4);
    registry.passes(2_000);
    expect(await totals('ann')).toEqual([1, 1, 1]);
    expect(asked()).toBe(4);
    registry.passes(28_000);
    await totals('ann');
    expect(asked()).toBe(7);
  });

  it('reads the catalog once for new models and never again for a list', async () => {
    const registry = await start(['tumours', 'fraud']);
    await registry.list();
    const { calls } = registry.catalog.getEntitiesByRefs.mock;
    const before = calls.length;
    await registry.list({ owner: diagnostics });
    await registry.list({ owner: 'mine' });
    expect(calls).toHaveLength(before);
  });

  it('learns of a changed entity by an event, and of a removed one by the slow check', async () => {
    const registry = await start(['tumours']);
    expect(await registry.list({ owner: diagnostics })).toEqual(['tumours']);
    const renamed = aModelEntity();
    renamed.metadata.title = 'Malignancy';
    registry.become([renamed]);
    await registry.entities.changed(['tumours', 'unknown']);
    await registry.entities.step('changed');
    expect(await registry.list({ query: 'malignancy' })).toEqual(['tumours']);

    registry.become([]);
    await registry.entities.step('all');
    expect(await registry.list({ query: 'malignancy' })).toEqual([]);
  });
});
