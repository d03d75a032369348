import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('governance, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistry(await databases.init(id), options);
  const to = 'production' as const;
  const location = '0/tumours-run-1/artifacts/model';

  it('refuses a pickle that can do harm', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    await registry.upload(`${location}/model.pkl`, 'cposix\nsystem\n(Vid\ntR.');
    const { gates } = await registry.promotions.preview(
      { ...path, to },
      as('ann'),
    );
    expect(gates.find(({ gate }) => gate === 'pickles')).toMatchObject({
      status: 'failed',
      waivable: true,
      message: expect.stringMatching(/posix.system in model.pkl/),
    });
  });
});
