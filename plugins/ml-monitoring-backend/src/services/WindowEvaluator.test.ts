import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { performanceDetector } from '../detectors/performanceDetector';
import { modelRef, normal } from '../testUtils/fakes';
import { aWatch } from '../__testUtils__/aWatch';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('watching, %p', databaseId => {
  const setUp = async (options?: Parameters<typeof aWatch>[1]) =>
    aWatch(await databases.init(databaseId), options);

  it('waits for enough predictions, and keeps those of a small window for the next', async () => {
    const { pass, monitor, log, windows, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(120, 3) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'insufficient_data',
      message: expect.stringContaining('120 predictions are too few'),
    });
    await pass();
    expect(await windows.list(modelRef, { limit: 10 })).toHaveLength(1);
    await pass(60);
    expect(await windows.list(modelRef, { limit: 10 })).toHaveLength(2);

    await log.answer({ radius: normal(120, 3) });
    await pass();
    const [latest] = await windows.list(modelRef, { limit: 1 });
    expect(latest).toMatchObject({ rows: 240, status: 'drift' });
    await stop();
  });

  it('names a category nobody has seen and missing values as findings', async () => {
    const { pass, log, windows, stop } = await setUp();
    await pass();
    await log.answer({
      radius: normal(300).map((value, index) => (index % 10 ? value : null)),
      kind: normal(300).map((_, index) => (index % 50 ? 'ab'[index % 2] : 'z')),
    });
    await pass();
    const [{ id }] = await windows.list(modelRef, { limit: 1 });
    const window = await windows.get(id);
    expect(
      window?.columns.map(column => [column.name, column.findings]),
    ).toMatchObject([
      ['radius', [{ kind: 'null_rate', share: 0.1, severity: 'warning' }]],
      [
        'kind',
        [
          {
            kind: 'new_category',
            severity: 'warning',
            message: expect.stringContaining("'z'"),
          },
        ],
      ],
    ]);
    await stop();
  });

  it('lets only one of two writers close a window', async () => {
    const { pass, monitor, log, baselines, evaluator, windows, stop } =
      await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    const seen = await monitor();
    const baseline = await baselines.get('default/tumour-malignancy@1');
    if (!baseline) throw new Error('There is no baseline');
    const close = () =>
      evaluator.close({
        monitor: seen,
        version: 1,
        baseline,
        trigger: 'request',
        credentials: {
          $$type: '@backstage/BackstageCredentials',
          principal: {},
        },
      });
    const results = await Promise.allSettled([close(), close()]);
    expect(results.map(result => result.status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    expect(await windows.list(modelRef, { limit: 10 })).toHaveLength(1);
    await stop();
  });

  it('says which predictions there are when settings name another, though none was read', async () => {
    const t = await setUp({ detectors: [performanceDetector()] });
    await t.pass();
    const { monitor } = await t.monitors.save(
      { modelRef, kind: 'performance', monitorName: 'default' },
      {
        settings: {
          ...{ task: 'classification', prediction: 'no' },
          ...{ minLabels: 1, warning: 0.9, drift: 0.7 },
        },
        at: t.time.now.toISOString(),
      },
    );
    await t.log.answer({ radius: normal(10), id: 'first' });
    await t.labels.save({
      modelRef,
      source: 'test',
      now: t.time.now.toISOString(),
      labels: [{ requestId: 'first', row: 0, label: true }],
    });
    await t.pass();
    expect(await t.monitors.get(monitor.id)).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining("no column 'no'; there are score"),
    });
    await t.stop();
  });
});
