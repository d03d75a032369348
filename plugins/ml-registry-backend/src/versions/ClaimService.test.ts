import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { caller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const tumours = { namespace: 'default', name: 'tumours' };
const owner = 'group:default/diagnostics';

describe.each(databases.eachSupportedId())('claiming a model on %s', id => {
  const unowned = async () => {
    const registry = await aRegistry(await databases.init(id), {
      entity: false,
    });
    await registry.aVersion(1);
    return registry;
  };

  it('gives a model nobody owns to a group of the claimer, once', async () => {
    const { claims, models } = await unowned();
    await claims.claim({ ...tumours, owner }, as('ann'));
    expect(await models.get(tumours, as('cleo'))).toMatchObject({ owner });
    await expect(
      claims.claim({ ...tumours, owner: 'group:default/credit' }, as('cleo')),
    ).rejects.toThrow('belongs to group:default/diagnostics already');
  });

  it('is refused for a group the claimer is not in', async () => {
    const { claims, models } = await unowned();
    await expect(
      claims.claim({ ...tumours, owner }, as('cleo')),
    ).rejects.toThrow('user:default/cleo is not a member of');
    const model = await models.get(tumours, as('cleo'));
    expect(model.owner).toBeUndefined();
  });

  it('is refused where the Model entity names an owner', async () => {
    const registry = await aRegistry(await databases.init(id));
    await registry.aVersion(1);
    await expect(
      registry.claims.claim({ ...tumours, owner }, as('ann')),
    ).rejects.toThrow('only a model that nobody owns');
  });

  it('is written into the history', async () => {
    const { claims, rollbacks } = await unowned();
    await claims.claim({ ...tumours, owner }, as('ann'));
    const { items } = await rollbacks.history(tumours, as('ann'));
    expect(items[0]).toMatchObject({
      action: 'claimed',
      actor: 'user:default/ann',
    });
  });

  describe('where another team’s catalog file has the name', () => {
    const credit = 'group:default/credit';
    const group = (name: string): Entity => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Group',
      metadata: { name, namespace: 'default' },
      spec: { type: 'team', children: [] },
    });
    const aFile = (
      from: string,
      spec: Record<string, unknown> = {},
    ): Entity => {
      const entity = aModelEntity(spec);
      entity.metadata.annotations = {
        'backstage.io/managed-by-location': from,
      };
      if (typeof spec.owner === 'string') {
        entity.relations = [{ type: 'ownedBy', targetRef: spec.owner }];
      }
      return entity;
    };
    const theirs = aFile('url:https://git/credit/catalog-info.yaml', {
      owner: credit,
      risk: 'minimal',
      approvals: 0,
      evaluation: {},
    });
    const taken = async (files: Entity[]) => {
      const catalog = [group('credit'), ...files];
      const registry = await aRegistry(await databases.init(id), { catalog });
      const see = (file: Entity | undefined) =>
        catalog.splice(1, 1, ...(file ? [file] : []));
      return { registry, see };
    };

    it('owner, gates and approvals stay, and both sides see it (issue 7)', async () => {
      const ours = aFile('url:https://git/diagnostics/catalog-info.yaml', {
        risk: 'high',
      });
      const { registry, see } = await taken([ours]);
      await registry.aVersion(1, { auc: 0.5 }, { owner });
      await registry.promotions
        .request({ ...tumours, version: 1, to: 'production' }, as('ann'))
        .catch(() => {});

      see(theirs);
      expect(await registry.models.get(tumours, as('cleo'))).toMatchObject({
        owner,
        risk: 'high',
        catalogConflict: { reason: 'other-owner', owner: credit },
      });
      await registry.aVersion(2, { auc: 0.5 }, { owner });
      await registry.checks.open();
      await registry.checks.look('tumours@2');
      const version = await registry.models.getVersion(
        { ...tumours, version: 2 },
        as('cleo'),
      );
      expect(version).toMatchObject({ owner });
      expect(version.gates.map(({ status }) => status)).toContain('failed');
      await expect(
        registry.promotions.request(
          { ...tumours, version: 2, to: 'production' },
          as('cleo'),
        ),
      ).rejects.toThrow('This belongs to group:default/diagnostics');
    });

    it('is refused to strangers, and handed over by an owner with a row and a notice', async () => {
      const { registry } = await taken([theirs]);
      await registry.aVersion(1, {}, { owner });
      const { claims, models, notifications, rollbacks } = registry;
      await expect(
        claims.claim({ ...tumours, owner: credit }, as('cleo')),
      ).rejects.toThrow('only its owners or an administrator can hand it over');
      await claims.claim({ ...tumours, owner: credit }, as('ann'));
      const model = await models.get(tumours, as('ann'));
      expect(model).toMatchObject({ owner: credit });
      expect(model.catalogConflict).toBeUndefined();
      expect(
        (await rollbacks.history(tumours, as('ann'))).items[0],
      ).toMatchObject({
        action: 'handed-over',
        message: `${owner} handed it over to ${credit}`,
      });
      expect(notifications.send).toHaveBeenCalledWith(
        expect.objectContaining({
          recipients: { type: 'entity', entityRef: [owner, credit] },
        }),
      );
    });

    it('is handed over by an administrator, and to nobody the catalog does not know', async () => {
      const { registry } = await taken([theirs]);
      await registry.aVersion(1, {}, { owner });
      const { claims } = registry;
      await expect(
        claims.claim({ ...tumours, owner: 'group:default/nobody' }, as('dora')),
      ).rejects.toThrow('The catalog has no group:default/nobody');
      await claims.claim({ ...tumours, owner: credit }, as('dora'));
      await claims
        .claim({ ...tumours, owner: credit }, as('dora'))
        .catch(() => {});
      expect(await registry.models.get(tumours, as('ann'))).toMatchObject({
        owner: credit,
      });
    });

    it('a file that came later counts when an owner accepts it', async () => {
      const { registry, see } = await taken([]);
      await registry.tracking.registration.createModel(
        {
          name: 'tumours',
          tags: {},
        },
        { caller: caller('ann') },
      );
      see(aFile('url:https://git/mallory/catalog-info.yaml', { risk: 'high' }));
      const before = await registry.models.get(tumours, as('ann'));
      expect(before).toMatchObject({
        owner,
        risk: 'minimal',
        catalogConflict: { reason: 'not-accepted' },
      });
      await expect(
        registry.claims.claim({ ...tumours, owner }, as('cleo')),
      ).rejects.toThrow('is not a member of group:default/diagnostics');
      await registry.claims.claim({ ...tumours, owner }, as('ann'));
      const after = await registry.models.get(tumours, as('ann'));
      expect(after).toMatchObject({ risk: 'high' });
      expect(after.catalogConflict).toBeUndefined();
    });
  });
});
