import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aModelEntity } from '../../__testUtils__/aModelEntity';
import { caller, diagnostics } from '../../__testUtils__/people';
import { aRegistry, as } from '../../__testUtils__/registryFixture';
import { Message } from '../protocol/Message';
import { registryRoutes } from './registryRoutes';
import { transitionRequestRoutes } from '../governance/transitionRequestRoutes';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const credit = 'group:default/credit';
const creditFraud = { namespace: 'credit', name: 'fraud' };
const defaultFraud = { namespace: 'default', name: 'fraud' };

function entityOf(namespace: string, owner: string): Entity {
  const entity = aModelEntity({ owner }, 'fraud');
  return {
    ...entity,
    metadata: { ...entity.metadata, namespace, title: `Fraud of ${namespace}` },
    relations: [{ type: 'ownedBy', targetRef: owner }],
  };
}

describe.each(databases.eachSupportedId())(
  'models of namespaces for MLflow on %s',
  id => {
    const start = async (catalog: Entity[] = []) => {
      const registry = await aRegistry(await databases.init(id), { catalog });
      const routes = [
        ...registryRoutes(registry.tracking),
        ...transitionRequestRoutes(
          registry.promotions,
          registry.tracking.names,
        ),
      ];
      /** The answer to `POST registered-models/create` and the like; reads go the same way. */
      const call = async (
        path: string,
        fields: object = {},
        person = 'ann',
      ): Promise<any> => {
        const [method, name] = path.split(' ');
        const route = routes.find(
          each => each.path === name && each.method === method.toLowerCase(),
        );
        if (!route) throw new Error(`No route ${path}`);
        return route.handle(
          Message.fromJson(JSON.stringify(fields)),
          caller(person),
        );
      };
      const create = (name: string, person = 'ann') =>
        call('POST registered-models/create', { name }, person);
      return { registry, call, create };
    };

    const names = (answer: { registered_models?: { name: string }[] }) =>
      answer.registered_models?.map(({ name }) => name) ?? [];

    it('are registered by __credit__x and are credit/x everywhere else', async () => {
      const { registry, call, create } = await start();
      expect(await create('__credit__fraud', 'cleo')).toMatchObject({
        registered_model: { name: '__credit__fraud' },
      });
      expect(await registry.models.get(creditFraud, as('ann'))).toMatchObject({
        ref: 'model:credit/fraud',
        namespace: 'credit',
        name: 'fraud',
        owner: credit,
      });
      await expect(
        registry.models.get(defaultFraud, as('ann')),
      ).rejects.toThrow('No registered model fraud');
      const { items } = await registry.records.ledgers.list(
        { model: 'model:credit/fraud', limit: 10 },
        as('ann'),
      );
      expect(items).toEqual([
        expect.objectContaining({
          name: 'credit/fraud',
          modelRef: 'model:credit/fraud',
        }),
      ]);
      expect(JSON.stringify(items)).not.toContain('__credit__');
      await expect(
        call('POST registered-models/set-tag', {
          name: '__credit__fraud',
          key: 'k',
          value: 'v',
        }),
      ).rejects.toThrow('group:default/credit');
    });

    it('stand beside models of the same name without mixing', async () => {
      const { registry, call, create } = await start([
        entityOf('credit', credit),
        entityOf('default', diagnostics),
      ]);
      await registry.aVersion(1, { auc: 0.95 }, { name: 'fraud' });
      await registry.aVersion(1, { auc: 0.96 }, { name: 'credit/fraud' });
      await registry.aVersion(2, { auc: 0.97 }, { name: 'credit/fraud' });
      await create('__risk__fraud');

      expect(await registry.models.get(creditFraud, as('ann'))).toMatchObject({
        title: 'Fraud of credit',
        owner: credit,
      });
      expect(await registry.models.get(defaultFraud, as('ann'))).toMatchObject({
        title: 'Fraud of default',
        owner: diagnostics,
      });

      const asked = { ...creditFraud, version: 2, to: 'production' as const };
      const { id: promotion, versionRef } = await registry.promotions.request(
        asked,
        as('cleo'),
      );
      expect(versionRef).toBe('credit/fraud@2');
      const list = (model: string) =>
        registry.promotions.list({ model }, as('ann'));
      expect((await list('model:credit/fraud')).items).toHaveLength(1);
      expect((await list('model:default/fraud')).items).toEqual([]);
      expect((await list('fraud')).items).toEqual([]);
      await registry.promotions.withdraw(promotion, as('cleo'));

      for (const [model, version] of [
        ['fraud', 1],
        ['__credit__fraud', 2],
      ] as const) {
        await call(
          'POST registered-models/alias',
          { name: model, alias: 'shadow', version: String(version) },
          model === 'fraud' ? 'ann' : 'cleo',
        );
        expect(
          await call('GET registered-models/alias', {
            name: model,
            alias: 'shadow',
          }),
        ).toMatchObject({
          model_version: { name: model, version: String(version) },
        });
      }
      const listed = await registry.models.list({ limit: 10 }, as('ann'));
      expect(listed.items.map(({ ref }) => ref)).toEqual([
        'model:credit/fraud',
        'model:default/fraud',
        'model:risk/fraud',
      ]);
      const chosen = await registry.models.list(
        { models: 'model:credit/fraud,model:risk/fraud', limit: 10 },
        as('ann'),
      );
      expect(chosen.items.map(({ ref }) => ref)).toEqual([
        'model:credit/fraud',
        'model:risk/fraud',
      ]);
    });

    it('are found by filters in their spelling, and by no other', async () => {
      const { call, create } = await start();
      for (const name of [
        'fraud',
        'Zebra',
        '__credit__fraud',
        '__credit__churn',
        '__risk__fraud',
      ]) {
        await create(name);
      }
      const found = async (filter: string, order: string[] = []) =>
        names(
          await call('GET registered-models/search', {
            filter,
            order_by: order,
          }),
        );
      expect(await found("name = '__credit__fraud'")).toEqual([
        '__credit__fraud',
      ]);
      expect(await found("name = 'credit/fraud'")).toEqual([]);
      expect(await found("name = 'fraud'")).toEqual(['fraud']);
      expect(await found("name LIKE '__credit__%'")).toEqual([
        '__credit__churn',
        '__credit__fraud',
      ]);
      expect(await found("name LIKE '%/%'")).toEqual([]);
      expect(await found("name ILIKE '%FRAUD'")).toEqual([
        '__credit__fraud',
        '__risk__fraud',
        'fraud',
      ]);
      expect(await found("name != '__credit__fraud'")).toEqual([
        'Zebra',
        '__credit__churn',
        '__risk__fraud',
        'fraud',
      ]);
      expect(await found('', ['name DESC'])).toEqual([
        'fraud',
        '__risk__fraud',
        '__credit__fraud',
        '__credit__churn',
        'Zebra',
      ]);
      const first = await call('GET registered-models/search', {
        max_results: 2,
      });
      expect(names(first)).toEqual(['Zebra', '__credit__churn']);
      expect(
        names(
          await call('GET registered-models/search', {
            max_results: 2,
            page_token: first.next_page_token,
          }),
        ),
      ).toEqual(['__credit__fraud', '__risk__fraud']);
    });

    it('have versions that are searched and copied by their spelling', async () => {
      const { registry, call, create } = await start();
      await registry.aVersion(1, {}, { name: 'credit/fraud' });
      await registry.aVersion(1, {}, { name: 'fraud' });
      await create('__risk__fraud');
      const copy = await call('POST model-versions/create', {
        name: '__risk__fraud',
        source: 'models:/__credit__fraud/1',
      });
      expect(copy.model_version).toMatchObject({
        name: '__risk__fraud',
        version: '1',
        source: 'models:/__credit__fraud/1',
        run_id: 'credit/fraud-run-1',
      });
      const versions = async (filter: string) =>
        (
          await call('GET model-versions/search', { filter })
        ).model_versions.map(({ name }: { name: string }) => name);
      expect(await versions("name = '__credit__fraud'")).toEqual([
        '__credit__fraud',
      ]);
      expect(await versions("name IN ('fraud', '__risk__fraud') ")).toEqual(
        expect.arrayContaining(['fraud', '__risk__fraud']),
      );
      const search = (filter: string) =>
        registry.versionSearch.search({ filter, limit: 10 }, as('ann'));
      expect((await search("name = 'credit/fraud'")).items).toEqual([
        expect.objectContaining({ ref: 'credit/fraud@1' }),
      ]);
      expect((await search("name = '__credit__fraud'")).items).toEqual([]);
      const { items } = await registry.records.ledgers.list(
        { model: 'risk/fraud', limit: 1 },
        as('ann'),
      );
      expect(items[0].message).toBe('Copied from version 1 of credit/fraud');
    });

    it('are asked for in transition requests', async () => {
      const { registry, call } = await start([entityOf('credit', credit)]);
      await registry.aVersion(1, { auc: 0.95 }, { name: 'credit/fraud' });
      const key = {
        name: '__credit__fraud',
        version: '1',
        stage: 'Production',
      };
      await call('POST transition-requests/create', key, 'cleo');
      const { requests } = await call(
        'GET transition-requests/list',
        key,
        'ann',
      );
      expect(requests).toHaveLength(1);
    });

    it('are renamed into a namespace and out of it', async () => {
      const { registry, call, create } = await start();
      await create('fraud', 'cleo');
      const rename = (name: string, newName: string) =>
        call(
          'POST registered-models/rename',
          { name, new_name: newName },
          'cleo',
        );
      expect(await rename('fraud', '__credit__fraud')).toMatchObject({
        registered_model: { name: '__credit__fraud' },
      });
      const { items } = await registry.records.ledgers.list(
        { model: 'credit/fraud', limit: 1 },
        as('ann'),
      );
      expect(items[0]).toMatchObject({
        action: 'renamed',
        name: 'credit/fraud',
        message: 'Was called fraud before',
      });
      await rename('__credit__fraud', 'Fraud');
      await expect(
        call('GET registered-models/get', { name: '__credit__fraud' }),
      ).rejects.toThrow('not found');
    });

    it.each([
      ['credit/fraud', 'Invalid model name'],
      ['__default__fraud', 'write fraud for that one'],
      [`__credit__${'x'.repeat(247)}`, 'length limit of 256'],
      [`__${'a'.repeat(64)}__x`, 'Invalid namespace'],
    ])('refuse the new name %s', async (name, refusal) => {
      const { create } = await start();
      await expect(create(name)).rejects.toThrow(refusal);
    });

    it.each(['__credit__', '__Credit__fraud', 'credit.fraud', '_a__b'])(
      'are in default when they are called %s',
      async name => {
        const { registry, create } = await start();
        await create(name);
        const { ref } = await registry.models.get(
          { namespace: 'default', name },
          as('ann'),
        );
        expect(ref).toBe(`model:default/${name}`);
      },
    );

    it('leave an older model with such a name in default, and keep the namespace free for it', async () => {
      const { registry, call, create } = await start();
      await registry.aVersion(1, {}, { name: '__credit__fraud' });
      expect(
        await registry.models.get(
          { namespace: 'default', name: '__credit__fraud' },
          as('ann'),
        ),
      ).toMatchObject({ ref: 'model:default/__credit__fraud' });
      expect(
        await call('GET model-versions/get', {
          name: '__credit__fraud',
          version: '1',
        }),
      ).toMatchObject({ model_version: { name: '__credit__fraud' } });
      expect(
        names(
          await call('GET registered-models/search', {
            filter: "name = '__credit__fraud'",
          }),
        ),
      ).toEqual(['__credit__fraud']);
      await expect(create('__credit__fraud')).rejects.toThrow('already exists');
      await create('fraud');
      await expect(
        registry.tracking.registration.renameModel(
          { name: 'fraud', newName: 'credit/fraud' },
          {
            caller: caller('ann'),
          },
        ),
      ).rejects.toThrow(
        "MLflow's clients name credit/fraud __credit__fraud, and an older model of the namespace default is called so",
      );
      // Renamed, it makes room.
      await call('POST registered-models/rename', {
        name: '__credit__fraud',
        new_name: 'old-fraud',
      });
      await create('__credit__fraud');
      expect(await registry.models.get(creditFraud, as('ann'))).toMatchObject({
        ref: 'model:credit/fraud',
      });
    });

    it('come with a migration that leaves every older model in default', async () => {
      const { registry, call } = await start();
      const { knex } = registry;
      const migration = {
        name: '20261129210000_namespaces.js',
        directory: resolvePackagePath(
          '@downstage/plugin-ml-registry-backend',
          'migrations',
        ),
      };
      await knex.migrate.down(migration);
      await registry.aVersion(1, {}, { name: '__a__b' });
      await knex.migrate.up(migration);
      const { items } = await registry.models.list({ limit: 10 }, as('ann'));
      expect(items.map(({ ref }) => ref)).toEqual(['model:default/__a__b']);
      expect(
        await call('GET model-versions/get', { name: '__a__b', version: '1' }),
      ).toMatchObject({ model_version: { name: '__a__b', version: '1' } });
      await registry.aVersion(1, {}, { name: 'credit/fraud' });
      await expect(knex.migrate.down(migration)).rejects.toThrow(
        'The model credit/fraud is in a namespace',
      );
    });

    it('are found by a ref of the catalog, which has small letters only', async () => {
      const { registry, create } = await start([
        entityOf('credit', 'group:default/other'),
      ]);
      await create('Churn');
      const { ref, owner } = await registry.models.get(
        { namespace: 'default', name: 'churn' },
        as('ann'),
      );
      expect([ref, owner]).toEqual(['model:default/Churn', diagnostics]);
      // Another file of that name in the catalog changes nothing.
      await registry.aVersion(1, {}, { name: 'credit/FRAUD', owner: credit });
      expect(await registry.models.get(creditFraud, as('ann'))).toMatchObject({
        ref: 'model:credit/FRAUD',
        owner: credit,
      });
    });

    it('refuse a name that differs from another in capital letters alone, which the catalog takes for one', async () => {
      const { create } = await start();
      await create('churn');
      await expect(create('Churn')).rejects.toThrow(
        'Registered Model (name=churn) already exists. The catalog does not tell Churn from it',
      );
      await create('__credit__Churn');
      await expect(create('__credit__churn')).rejects.toThrow('already exists');
    });
  },
);
