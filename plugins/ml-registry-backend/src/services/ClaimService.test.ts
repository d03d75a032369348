import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
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
});
