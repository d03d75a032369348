import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('governance, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistry(await databases.init(id), options);
  const to = 'production' as const;
  const location = '0/tumours-run-1/artifacts/model';

  it('freezes files with their checksums', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    const { evidence } = await registry.promotions.request(
      { ...path, to },
      as('ann'),
    );
    expect(evidence.files?.items).toEqual([
      {
        path: 'MLmodel',
        size: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(evidence.digest).toMatch(/^sha256:/);
  });

  it('takes approvals back when a file changes, and asks the gates again', async () => {
    const registry = await start({ entity: aModelEntity({ approvals: 2 }) });
    const path = await registry.aVersion(1);
    const asked = await registry.promotions.request({ ...path, to }, as('ann'));
    await registry.promotions.approve({ id: asked.id }, as('ben'));
    await registry.upload(`${location}/extra.txt`, 'something else');
    await expect(
      registry.promotions.approve({ id: asked.id }, as('eve')),
    ).rejects.toThrow(/the files of the version changed/);
    const now = await registry.promotions.get(asked.id, as('ann'));
    expect(now).toMatchObject({
      state: 'waiting-for-approval',
      approvals: [],
      lapses: [{ approvals: [{ by: 'user:default/ben' }] }],
    });
    expect(now.evidence.digest).not.toBe(asked.evidence.digest);
  });

  it('blocks a version whose bytes are not those that were uploaded', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    await registry.upload(`${location}/model.onnx`, 'weights');
    registry.artifacts.files.set(`${location}/model.onnx`, 'WEIGHTS');
    const asked = await registry.promotions.request({ ...path, to }, as('ann'));
    expect(asked).toMatchObject({
      state: 'blocked',
      message: expect.stringMatching(/model.onnx differs/),
    });
  });
});
