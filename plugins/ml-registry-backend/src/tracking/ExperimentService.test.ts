import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ann, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('deletes an experiment with its runs and brings both back', async () => {
    const { experiments, runs, aRun, experimentId } = await start();
    const runId = await aRun();
    await experiments.setLifecycle(
      { experimentId, stage: 'deleted' },
      { caller: ann },
    );
    expect((await runs.get(runId, { caller: ann })).lifecycleStage).toBe(
      'deleted',
    );
    await experiments.setLifecycle(
      { experimentId, stage: 'active' },
      { caller: ann },
    );
    expect((await runs.get(runId, { caller: ann })).lifecycleStage).toBe(
      'active',
    );
    await expect(
      experiments.create({ name: 'e', tags: {} }, { caller: ann }),
    ).rejects.toThrow(/already exists/);
  });
});
