import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ann, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('keeps the point with the greatest step as the latest, whatever came last', async () => {
    const { runs, log, aRun } = await start();
    const runId = await aRun();
    const point = (step: number, value: number, timestamp = 1) => ({
      key: 'loss',
      step,
      value,
      timestamp,
    });
    await log.log(
      { runId, metrics: [point(3, 0.3), point(1, 0.9)] },
      { caller: ann },
    );
    await log.log({ runId, metrics: [point(2, 0.5)] }, { caller: ann });
    await log.log({ runId, metrics: [point(3, 0.3)] }, { caller: ann });
    const run = await runs.get(runId, { caller: ann });
    expect(run.metrics).toEqual([point(3, 0.3)]);
    expect(
      await runs.metricHistory({ runId, key: 'loss' }, { caller: ann }),
    ).toHaveLength(3);
  });

  it('writes a batch wholly or not at all', async () => {
    const { runs, log, aRun } = await start();
    const runId = await aRun({}, { params: { p: '1' } });
    await expect(
      log.log(
        {
          runId,
          metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }],
          params: [
            { key: 'new', value: 'x' },
            { key: 'p', value: '2' },
          ],
          tags: [{ key: 't', value: 'x' }],
        },
        { caller: ann },
      ),
    ).rejects.toThrow('Changing param values is not allowed');
    const run = await runs.get(runId, { caller: ann });
    expect(run.metrics).toEqual([]);
    expect(run.params).toEqual([{ key: 'p', value: '1' }]);
  });

  it('takes many writers of one run at once without losing a point', async () => {
    const { runs, log, aRun } = await start();
    const runId = await aRun();
    await Promise.all(
      Array.from({ length: 16 }, (_, writer) =>
        log.log(
          {
            runId,
            metrics: Array.from({ length: 50 }, (__, index) => ({
              key: `k${(index * 7 + writer) % 10}`,
              value: index,
              timestamp: writer,
              step: index,
            })),
          },
          { caller: ann },
        ),
      ),
    );
    let points = 0;
    for (let key = 0; key < 10; key += 1) {
      points += (
        await runs.metricHistory({ runId, key: `k${key}` }, { caller: ann })
      ).length;
    }
    expect(points).toBe(800);
  });
});
