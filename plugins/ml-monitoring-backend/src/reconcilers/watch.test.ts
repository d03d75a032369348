import { randomUUID } from 'node:crypto';
import {
  createMockDirectory,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { defaultRules } from '../domain/rules';
import { BaselineBuilder } from '../services/BaselineBuilder';
import { EpisodeAnnouncer } from '../services/EpisodeAnnouncer';
import { WindowEvaluator } from '../services/WindowEvaluator';
import { BaselineStore } from '../stores/BaselineStore';
import { EpisodeStore } from '../stores/EpisodeStore';
import { MonitorStore } from '../stores/MonitorStore';
import { WindowStore } from '../stores/WindowStore';
import {
  aVersion,
  FakeLog,
  fakeServices,
  modelRef,
  normal,
  writeParquet,
} from '../testUtils/fakes';
import { startBaselineReconciler } from './baselines';
import { startMonitorReconciler } from './monitors';
import { startSweeps } from './sweeps';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const directory = createMockDirectory();

describe.each(databases.eachSupportedId())('watching, %p', databaseId => {
  async function setUp() {
    const knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-monitoring-backend',
        'migrations',
      ),
    });
    const id = randomUUID();
    const training = directory.resolve(id, 'training.parquet');
    await writeParquet(training, [
      { name: 'radius', type: 'DOUBLE', values: normal(500) },
      {
        name: 'kind',
        type: 'VARCHAR',
        values: normal(500).map((_, index) => 'ab'[index % 2]),
      },
      { name: 'target', type: 'INTEGER', values: normal(500).map(() => 1) },
    ]);
    const log = new FakeLog(directory.resolve(id, 'predictions'));
    const fakes = fakeServices({ log, training });
    const time = { now: new Date('2026-03-01T12:00:00Z') };
    const send = jest.fn();
    const announced: string[] = [];
    const announce = async ({ ref }: { ref: string }) => {
      announced.push(ref);
    };
    const clock = () => time.now;
    const logger = mockServices.logger.mock();
    const windows = new WindowStore(knex);
    const episodes = new EpisodeStore(knex);
    const baselines = new BaselineStore(knex);
    const monitors = new MonitorStore({ knex, windows, episodes });
    const announcer = new EpisodeAnnouncer({
      episodes,
      notifications: { send },
    });
    const shared = {
      knex,
      auth: mockServices.auth(),
      baselines,
      monitors,
      clock,
      logger,
      announce,
      ...fakes,
    };
    const evaluator = new WindowEvaluator({
      ...shared,
      episodes,
      windows,
      rules: defaultRules,
      keep: 3,
      newId: randomUUID,
    });
    const sweeps = await startSweeps({ ...shared, found: () => {} });
    const baselineLoop = startBaselineReconciler({
      ...shared,
      builder: new BaselineBuilder({
        ...fakes,
        fetchEvaluation: async () => undefined,
      }),
      frozen: async () => {},
    });
    const monitorLoop = startMonitorReconciler({
      ...shared,
      evaluator,
      announcer,
      minRows: 200,
      everyMs: 60_000,
      atLeastEveryMs: 3_600_000,
    });
    return {
      ...fakes,
      knex,
      log,
      time,
      send,
      announced,
      baselines,
      monitors,
      windows,
      evaluator,
      logger,
      monitor: async () => {
        const monitor = await monitors.get(modelRef);
        if (!monitor) throw new Error('There is no monitor');
        return monitor;
      },
      /** Two minutes later, everybody looks once. */
      pass: async (minutes = 2) => {
        time.now = new Date(time.now.getTime() + minutes * 60_000);
        await sweeps.tick();
        await baselineLoop.tick();
        await monitorLoop.tick();
      },
      stop: async () => {
        await Promise.all(
          [sweeps, baselineLoop, monitorLoop].map(loop => loop.stop()),
        );
      },
    };
  }

  it('freezes the baseline of a registered version from its training data', async () => {
    const { pass, baselines, state, stop } = await setUp();
    await pass();
    const baseline = await baselines.get('default/tumour-malignancy@1');
    expect(baseline).toMatchObject({
      state: 'ready',
      rows: 500,
      datasetRef: 'default/masses@1',
      message: expect.stringContaining('500 rows of default/masses@1'),
      columns: [
        { column: 'feature.radius', kind: 'numeric', nulls: 0 },
        {
          column: 'feature.kind',
          kind: 'categorical',
          categories: ['a', 'b'],
          counts: [250, 250, 0],
        },
      ],
    });

    // Frozen: what the registry says later changes nothing.
    state.versions = [aVersion({ datasets: [] })];
    await pass();
    expect(await baselines.get('default/tumour-malignancy@1')).toEqual(
      baseline,
    );
    await stop();
  });

  it('says what a version lacks for a baseline, and freezes it when it is there', async () => {
    const { pass, baselines, monitor, state, stop } = await setUp();
    state.versions = [aVersion({ datasets: [{ name: 'x', digest: '1' }] })];
    await pass();
    expect(await baselines.get('default/tumour-malignancy@1')).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('which dataset version it learned from'),
    });
    expect(await monitor()).toMatchObject({
      status: 'no_data',
      message: expect.stringContaining('No baseline of version 1 yet'),
    });
    state.versions = [aVersion()];
    await pass();
    expect(await baselines.get('default/tumour-malignancy@1')).toMatchObject({
      state: 'ready',
    });
    await stop();
  });

  it('goes from no data over ok to drift and back, and tells the owners once an episode', async () => {
    const { pass, monitor, log, send, windows, stop } = await setUp();
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'no_data',
      message: expect.stringContaining('has answered no requests yet'),
    });

    await log.answer({ radius: normal(300) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'ok',
      coveredUntil: '2026-03-01T10:04:59.000000Z',
    });
    expect(send).not.toHaveBeenCalled();

    await log.answer({ radius: normal(300, 1.5) });
    await pass();
    await log.answer({ radius: normal(300, 1.6) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'drift',
      message: expect.stringContaining('radius'),
      openEpisodeId: expect.any(String),
    });
    expect(send).toHaveBeenCalledTimes(1);
    expect(send).toHaveBeenCalledWith({
      recipients: { type: 'entity', entityRef: modelRef },
      payload: expect.objectContaining({
        severity: 'high',
        scope: modelRef,
        topic: 'ml-monitoring.drift',
        description: expect.stringContaining('radius'),
        link: expect.stringMatching(
          /^\/catalog\/default\/model\/tumour-malignancy\/monitoring\?window=/,
        ),
      }),
    });

    await log.answer({ radius: normal(300) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'ok',
      openEpisodeId: undefined,
    });
    await log.answer({ radius: normal(300, -1.5) });
    await pass();
    expect(send).toHaveBeenCalledTimes(2);

    const kept = await windows.list(modelRef, { limit: 10 });
    expect(kept.map(window => window.status)).toEqual(['drift', 'ok', 'drift']);
    await stop();
  });

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

  it('keeps the alarm when another version is promoted, until a window of that one is ok', async () => {
    const { pass, knex, monitor, log, send, state, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    await pass();
    expect(await monitor()).toMatchObject({ status: 'drift' });

    state.versions.push(
      aVersion({ ref: 'default/tumour-malignancy@2', version: 2 }),
    );
    state.champion = 2;
    await pass();
    expect(await monitor()).toMatchObject({
      version: 2,
      status: 'drift',
      message: expect.stringMatching(
        /^No window since version 2 was promoted: .* with the version before\./,
      ),
      openEpisodeId: expect.any(String),
      coveredUntil: undefined,
    });
    const episode = () => knex('episodes').orderBy('since').first();
    expect(await episode()).toMatchObject({ version: 1, closed_at: null });
    // The owners were told once: promoting is no news of drift.
    expect(send).toHaveBeenCalledTimes(1);

    await log.answer({ version: 2, radius: normal(300) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'ok',
      openEpisodeId: undefined,
    });
    expect(await episode()).toMatchObject({
      closed_because: 'The predictions look like the baseline of version 2',
    });
    await stop();
  });

  it('opens an episode of the new version where that one drifts too, and ends all with the last version', async () => {
    const { pass, knex, monitor, log, state, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    await pass();
    state.versions.push(
      aVersion({ ref: 'default/tumour-malignancy@2', version: 2 }),
    );
    state.champion = 2;
    await pass();
    await log.answer({ version: 2, radius: normal(300, 2) });
    await pass();
    expect(await monitor()).toMatchObject({ status: 'drift', version: 2 });
    expect(
      await knex('episodes')
        .orderBy('version')
        .select('version', 'closed_because'),
    ).toEqual([
      { version: 1, closed_because: 'Another version' },
      { version: 2, closed_because: null },
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

  it('sends a notification later when it could not be sent at once', async () => {
    const { pass, log, send, logger, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    send.mockRejectedValueOnce(new Error('notifications are down'));
    await pass();
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('notifications are down'),
    );
    await pass();
    expect(send).toHaveBeenCalledTimes(2);
    await pass();
    expect(send).toHaveBeenCalledTimes(2);
    await stop();
  });
});
