import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('governance, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistry(await databases.init(id), options);

  it('breaks the glass for an owner who types the name, and flags it for ever', async () => {
    const registry = await start();
    const path = await registry.aVersion(1, { auc: 0.1 });
    const glass = (name: string, confirm = 'tumours') =>
      registry.breakGlass.breakGlass(
        { ...path, reason: 'the house burns', confirm },
        as(name),
      );
    await expect(glass('cleo')).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
    await expect(glass('ann', 'other')).rejects.toThrow(/To confirm/);
    await glass('ann');
    expect(await registry.stageOf(1)).toBe('production');
    const version = await registry.models.getVersion(path, as('cleo'));
    expect(version.breakGlass).toMatchObject({
      by: 'user:default/ann',
      reason: 'the house burns',
    });
    // Nobody approved it, so a rollback does not bring it back.
    await registry.aVersion(2);
    await registry.promote(2);
    await expect(
      registry.rollbacks.rollback({ ...path, reason: 'x' }, as('ann')),
    ).rejects.toThrow(/cannot go back/);
  });
});
