import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { performanceDetector } from '../detectors/performanceDetector';
import { aVersion, modelRef, normal } from '../testUtils/fakes';
import { aWatch } from '../__testUtils__/aWatch';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('watching, %p', databaseId => {
  const setUp = async (options?: Parameters<typeof aWatch>[1]) =>
    aWatch(await databases.init(databaseId), options);

  it('reads a log that lies on another machine as one that lies here (W13)', async () => {
    const verdictOf = async (isHere: boolean) => {
      const { pass, log, windows, stop } = await setUp();
      log.isHere = isHere;
      await pass();
      // Three files, listed on three pages.
      await log.answer({ radius: normal(150) });
      await log.answer({ radius: normal(150, 2) });
      await log.answer({ radius: [null, 1, 2] });
      await pass();
      const closed = await windows.list(modelRef, { limit: 5 });
      await stop();
      return {
        fetched: log.fetched,
        windows: closed.map(({ id, createdAt, ...rest }) => rest),
      };
    };
    const here = await verdictOf(true);
    const elsewhere = await verdictOf(false);
    expect(here).toMatchObject({
      fetched: 0,
      windows: [{ rows: 303, version: 1 }],
    });
    expect(elsewhere).toEqual({ ...here, fetched: 3 });
  });

  it('compares predictions with the first full window when the run recorded none', async () => {
    const { pass, log, baselines, windows, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300) });
    await pass();
    const baseline = await baselines.get('default/tumour-malignancy@1');
    expect(baseline?.columns.map(column => column.column)).toEqual([
      'feature.radius',
      'feature.kind',
      'prediction.score',
    ]);
    await log.answer({ radius: normal(300), score: normal(300, 2) });
    await pass();
    const [latest] = await windows.list(modelRef, { limit: 1 });
    expect(latest).toMatchObject({
      status: 'drift',
      driftedColumns: ['score'],
    });
    await stop();
  });

  it('freezes no predictions from the few rows that one monitor is content with', async () => {
    const t = await setUp();
    await t.pass();
    const { monitor: small } = await t.monitors.save(
      { modelRef, kind: 'drift', monitorName: 'small' },
      { settings: { minRows: 20 }, at: t.time.now.toISOString() },
    );
    const predictions = async () =>
      (await t.baselines.get('default/tumour-malignancy@1'))?.columns.filter(
        column => column.role === 'prediction',
      );
    await t.log.answer({ radius: normal(30) });
    await t.pass();
    expect(await t.windows.list(small.id, { limit: 5 })).toMatchObject([
      { rows: 30 },
    ]);
    expect(await predictions()).toEqual([]);
    await t.log.answer({ radius: normal(300) });
    await t.pass();
    expect(await predictions()).toMatchObject([{ name: 'score' }]);
    await t.stop();
  });

  it('judges predictions by the labels that came for them, and leaves younger ones for later (W12)', async () => {
    const t = await setUp({ detectors: [performanceDetector()] });
    await t.pass();
    const settings = {
      ...{ task: 'classification', cutoff: 0, minLabels: 150, minShare: 0.6 },
      ...{ warning: 0.9, drift: 0.7, delayHours: 1 },
    };
    const { monitor: performance } = await t.monitors.save(
      { modelRef, kind: 'performance', monitorName: 'default' },
      { settings, at: t.time.now.toISOString() },
    );
    const latest = async () => {
      const [window] = await t.windows.list(performance.id, { limit: 1 });
      return window && t.windows.get(window.id);
    };
    const send = (id: string, labels: boolean[]) =>
      t.labels.save({
        modelRef,
        source: 'test',
        now: t.time.now.toISOString(),
        labels: labels.map((label, row) => ({ requestId: id, row, label })),
      });
    // The upper half of the scores means yes: 200 rows, of which the first 100 are no.
    const right = normal(200).map((_, row) => row >= 100);
    await t.log.answer({ radius: normal(200), id: 'first' });
    await t.log.answer({ radius: normal(200), id: 'second' });
    await t.log.answer({ radius: normal(200), id: 'third' });
    await t.pass();
    expect(await t.monitors.get(performance.id)).toMatchObject({
      status: 'no_data',
      message: 'No labels of predictions have been received yet',
    });

    // Two hours later all of the first two are ripe, and half of the third.
    await send('first', right);
    await t.pass();
    expect(await latest()).toMatchObject({
      status: 'insufficient_data',
      signals: [{ name: 'coverage', state: 'insufficient_data' }],
    });

    await send('second', right);
    await t.pass();
    expect(await latest()).toMatchObject({
      kind: 'performance',
      status: 'ok',
      rows: 400,
      signals: [
        { name: 'accuracy', value: 1 },
        { name: 'coverage', value: 1, state: 'ok' },
      ],
    });

    await send(
      'third',
      right.map((label, row) => (row % 2 ? label : !label)),
    );
    await t.pass(120);
    expect(await latest()).toMatchObject({
      status: 'drift',
      rows: 200,
      driftedColumns: ['accuracy'],
      message:
        '50 % of the labelled predictions are right; 200 of 200 predictions have labels',
    });
    // A correction counts from then on; a window that is closed says what was known when it was.
    await send('third', right);
    await t.pass(120);
    expect(await t.monitor()).toMatchObject({ kind: 'drift' });
    await t.stop();
  });

  it('reads no more each time while labels stay too few for a verdict', async () => {
    const t = await setUp({ detectors: [performanceDetector()] });
    await t.pass();
    const { monitor } = await t.monitors.save(
      { modelRef, kind: 'performance', monitorName: 'default' },
      {
        settings: {
          ...{ task: 'classification', cutoff: 0, minLabels: 1 },
          ...{ minShare: 0.6, warning: 0.9, drift: 0.7 },
        },
        at: t.time.now.toISOString(),
      },
    );
    const label = (id: string) =>
      t.labels.save({
        modelRef,
        source: 'test',
        now: t.time.now.toISOString(),
        labels: [{ requestId: id, row: 0, label: true }],
      });
    await t.log.answer({ radius: normal(50_100), id: 'first' });
    await label('first');
    await t.pass();
    const latest = async () =>
      (await t.windows.list(monitor.id, { limit: 1 }))[0];
    expect(await latest()).toMatchObject({
      status: 'insufficient_data',
      rows: 50_100,
    });
    // A second a row from 10:00:00 on: the 101st is the oldest that was read.
    expect(await t.monitors.get(monitor.id)).toMatchObject({
      coveredUntil: '2026-03-01T10:01:39.999999Z',
    });
    await label('first');
    await t.log.answer({ radius: normal(1), id: 'second' });
    await label('second');
    await t.pass();
    // The rows of the second answer lie between those of the first.
    expect(await latest()).toMatchObject({
      status: 'insufficient_data',
      rows: 50_001,
    });
    await t.stop();
  });

  it('judges a promoted version by labels of its own, and keeps one window at most in which no prediction has one', async () => {
    const t = await setUp({ detectors: [performanceDetector()] });
    await t.pass();
    const { monitor } = await t.monitors.save(
      { modelRef, kind: 'performance', monitorName: 'default' },
      {
        settings: {
          ...{ task: 'classification', cutoff: 0, minLabels: 100 },
          ...{ minShare: 0.5, warning: 0.9, drift: 0.7 },
        },
        at: t.time.now.toISOString(),
      },
    );
    const found = () => t.monitors.get(monitor.id);
    const windows = async () =>
      (await t.windows.list(monitor.id, { limit: 10 })).map(
        ({ version, status }) => `${status} of ${version}`,
      );
    const send = (id: string, rows: number[]) =>
      t.labels.save({
        modelRef,
        source: 'test',
        now: t.time.now.toISOString(),
        labels: rows.map(row => ({ requestId: id, row, label: row >= 100 })),
      });
    const rows = [...normal(200).keys()];
    await t.log.answer({ radius: normal(200), id: 'old' });
    await send('old', rows.slice(0, 150));
    await t.pass();
    expect(await windows()).toEqual(['ok of 1']);

    t.state.versions.push(
      aVersion({ ref: 'default/tumour-malignancy@2', version: 2 }),
    );
    t.state.champion = 2;
    await t.log.answer({ version: 2, radius: normal(200), id: 'new' });
    await t.pass();
    await t.pass(90);
    expect(await windows()).toEqual(['ok of 1']);
    expect(await found()).toMatchObject({
      version: 2,
      status: 'no_data',
      message: 'No labels of predictions have been received yet',
    });

    // They come late, and belong to predictions of the version before.
    for (const row of [150, 151, 152]) {
      await send('old', [row]);
      await t.pass(90);
    }
    expect(await windows()).toEqual(['insufficient_data of 2', 'ok of 1']);
    const { closedAt, labelsSince, message } = (await found()) ?? {};
    expect(message).toContain('0 of 200 predictions have labels');
    expect([closedAt, labelsSince]).toEqual([
      t.time.now.toISOString(),
      t.time.now.toISOString(),
    ]);

    await send('new', rows);
    await t.pass();
    expect(await windows()).toEqual([
      'ok of 2',
      'insufficient_data of 2',
      'ok of 1',
    ]);
    expect(await found()).toMatchObject({ status: 'ok' });
    await t.stop();
  });
});
