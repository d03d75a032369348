import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const path = { namespace: 'default', name: 'Risky', version: 1 };

describe.each(databases.eachSupportedId())(
  'a model whose name has capital letters on %p',
  id => {
    const risky = aModelEntity({ risk: 'high', approvals: 2 }, 'Risky');

    it('has the risk, the approvals and the gates of its entity', async () => {
      const { aVersion, models, promotions } = await aRegistry(
        await databases.init(id),
        { catalog: [risky] },
      );
      await aVersion(1, { auc: 0.5 }, { name: 'Risky' });
      expect(await models.get(path, as('ann'))).toMatchObject({
        name: 'Risky',
        hasEntity: true,
        risk: 'high',
      });
      const preview = await promotions.preview(
        { ...path, to: 'production' },
        as('ann'),
      );
      expect(preview).toMatchObject({ allowed: false, approvalsNeeded: 2 });
      expect(preview.gates).toContainEqual(
        expect.objectContaining({ gate: 'auc at least 0.9', status: 'failed' }),
      );
    });

    it('is listed with what its entity says, also after a change', async () => {
      const catalog = [risky];
      const { aVersion, models, entities } = await aRegistry(
        await databases.init(id),
        { catalog },
      );
      await aVersion(1, {}, { name: 'Risky' });
      const list = async () =>
        (await models.list({ limit: 9 }, as('ann'))).items;
      expect(await list()).toMatchObject([
        { name: 'Risky', hasEntity: true, risk: 'high' },
      ]);
      catalog[0] = aModelEntity({ risk: 'limited' }, 'Risky');
      await entities.changed(['risky']);
      expect(await list()).toMatchObject([{ risk: 'limited' }]);
    });

    it('shows a file that an earlier release did not find as not accepted', async () => {
      const { aVersion, knex, models, claims } = await aRegistry(
        await databases.init(id),
        { catalog: [risky] },
      );
      const owner = 'group:default/diagnostics';
      await aVersion(1, {}, { name: 'Risky', owner });
      const profile = JSON.stringify({ risk: 'minimal', features: [] });
      await knex('model_ownership').insert({ name: 'Risky', profile });
      expect(await models.get(path, as('ann'))).toMatchObject({
        risk: 'minimal',
        catalogConflict: { reason: 'not-accepted' },
      });
      await claims.claim({ ...path, owner }, as('ann'));
      expect(await models.get(path, as('ann'))).toMatchObject({ risk: 'high' });
    });

    it('is hidden from a person who does not see its entity', async () => {
      const all = catalogServiceMock({ entities: [risky] });
      const none = catalogServiceMock();
      const of = (options: object) =>
        JSON.stringify(options).includes('"type":"service"') ? all : none;
      const registry = await aRegistry(await databases.init(id), {
        catalogService: {
          ...all,
          getEntitiesByRefs: (request, options) =>
            of(options).getEntitiesByRefs(request, options),
          getEntityFacets: (request, options) =>
            of(options).getEntityFacets(request, options),
        } as CatalogService,
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
      await registry.aVersion(1, {}, { name: 'Risky' });
      for (const name of ['Risky', 'risky']) {
        await expect(
          registry.models.get({ ...path, name }, as('ann')),
        ).rejects.toMatchObject({ name: 'NotFoundError' });
      }
      await expect(
        registry.models.getVersion(path, as('ann')),
      ).rejects.toMatchObject({ name: 'NotFoundError' });
      const { items } = await registry.models.list({ limit: 9 }, as('ann'));
      expect(items).toEqual([]);
    });

    it('cannot take the name of an entity of another team', async () => {
      const { tracking } = await aRegistry(await databases.init(id), {
        catalog: [aModelEntity({}, 'claimed')],
      });
      for (const name of ['claimed', 'Claimed', 'CLAIMED']) {
        await expect(
          tracking.registration.createModel({ name, tags: {} }, as('cleo')),
        ).rejects.toMatchObject({ name: 'NotAllowedError' });
      }
    });
  },
);
