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
import { VersionReader } from '../stores/VersionReader';

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
    const reader = new VersionReader(registry.knex);
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
      await registry.tracking.registration.createModel(caller('ann'), {
        name,
        tags: {},
      });
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
    await expect(tumours()).rejects.toMatchObject({ name: 'NotFoundError' });
    shown.add('tumours');
    expect(await names()).toEqual(['fraud', 'tumours']);
    await expect(tumours()).resolves.toMatchObject({ name: 'tumours' });
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
