import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ann, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('keeps steps and times to the last digit, up to 64 bits', async () => {
    const { runs, log, histories, loggedModels, experimentId } = await start();
    const run = await runs.create({ experimentId, tags: [] }, { caller: ann });
    const model = await loggedModels.create(
      {
        experimentId,
        name: 'm',
        params: [],
        tags: [],
      },
      { caller: ann },
    );
    const steps = [
      1,
      2n ** 53n + 1n,
      1_730_000_000_000_000_001n,
      2n ** 63n - 1n,
    ];
    await log.log(
      {
        runId: run.runId,
        metrics: steps.map(step => ({
          key: 'm',
          value: 0.5,
          timestamp: 2n ** 60n + 1n,
          step,
          modelId: model.modelId,
        })),
      },
      { caller: ann },
    );
    await log.logOutputs(
      {
        runId: run.runId,
        models: [{ modelId: model.modelId, step: 2n ** 62n + 1n }],
      },
      { caller: ann },
    );
    const text = async (pages: AsyncGenerator<string, string | undefined>) => {
      let all = '';
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) all += page.value;
      return { all, next: page.value };
    };
    const request = { runId: run.runId, key: 'm' };
    const first = await text(
      await runs.history({ ...request, limit: 3 }, { caller: ann }),
    );
    expect(first.all).toContain('"step":1730000000000000001}');
    expect(first.all).toContain('"timestamp":1152921504606846977');
    const rest = await text(
      await runs.history(
        { ...request, limit: 3, pageToken: first.next },
        { caller: ann },
      ),
    );
    expect(rest.all).toContain('"step":9223372036854775807}');
    expect(rest.all).not.toContain('1730000000000000001');

    const kept = await runs.get(run.runId, { caller: ann });
    expect(kept.metrics[0].step).toBe(2n ** 63n - 1n);
    expect(kept.modelOutputs[0].step).toBe(2n ** 62n + 1n);
    const inSteps = (points: { step: number | bigint }[]) =>
      points.map(({ step }) => step);
    const bulk = { runIds: [run.runId], key: 'm' };
    expect(inSteps(await histories.bulk(bulk, { caller: ann }))).toEqual(steps);
    expect(inSteps(await histories.interval(bulk, { caller: ann }))).toEqual(
      steps,
    );
    expect(
      inSteps(
        await histories.interval(
          {
            ...bulk,
            startStep: 2n ** 53n + 1n,
            endStep: 2n ** 62n,
          },
          { caller: ann },
        ),
      ),
    ).toEqual(steps.slice(1, 3));
    const { metrics } = await loggedModels.get(
      { modelId: model.modelId },
      { caller: ann },
    );
    expect(inSteps(metrics)).toEqual(steps);
    expect(inSteps(await runs.metricHistory(request, { caller: ann }))).toEqual(
      steps,
    );
  });
});
