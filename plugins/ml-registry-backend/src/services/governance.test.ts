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

  it('fails a comparison on other data, and lets another owner waive it with a reason', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.promote(1);
    const path = await registry.aVersion(2, undefined, { holdout: 'd2' });
    const { id: promotion, state } = await registry.promotions.request(
      { ...path, to },
      as('ann'),
    );
    expect(state).toBe('blocked');
    const waive = (name: string, gate = 'auc against the champion') =>
      registry.promotions.waive(
        { id: promotion, gate, reason: 'no such data any more' },
        as(name),
      );
    await expect(waive('ann')).rejects.toThrow(/asked for this promotion/);
    await expect(waive('cleo')).rejects.toThrow(/Only members/);
    await expect(waive('ben', 'signature')).rejects.toThrow(
      /gates that failed in it/,
    );
    const waived = await waive('ben');
    expect(waived.state).toBe('waiting-for-approval');
    expect(waived.gates).toContainEqual(
      expect.objectContaining({
        gate: 'auc against the champion',
        status: 'waived',
        waiver: expect.objectContaining({ by: 'user:default/ben' }),
      }),
    );
  });

  it('waives nothing while another promotion of the version to the same stage is open', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.promote(1);
    const path = await registry.aVersion(2, undefined, { holdout: 'd2' });
    const ask = () => registry.promotions.request({ ...path, to }, as('ann'));
    const waive = ({ id: promotion }: { id: string }) =>
      registry.promotions.waive(
        {
          id: promotion,
          gate: 'auc against the champion',
          reason: 'no such data any more',
        },
        as('ben'),
      );
    const first = await ask();
    const second = await ask();
    await waive(first);
    await expect(waive(second)).rejects.toThrow(
      `Version 2 of tumours has an open promotion to production already: ${first.id}, waiting-for-approval`,
    );
  });

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
