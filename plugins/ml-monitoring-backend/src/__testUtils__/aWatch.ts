import { randomUUID } from 'node:crypto';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import type { Detector } from '@downstage/plugin-ml-monitoring-node';
import { Detectors } from '../detectors/Detectors';
import { driftDetector } from '../detectors/driftDetector';
import { defaultRules } from '../domain/rules';
import { LabelStore } from '../labels/LabelStore';
import { BaselineBuilder } from '../services/BaselineBuilder';
import { EpisodeAnnouncer } from '../services/EpisodeAnnouncer';
import { PredictionLogReader } from '../services/PredictionLogReader';
import { WindowEvaluator } from '../services/WindowEvaluator';
import { WindowReader } from '../services/WindowReader';
import { BaselineStore } from '../stores/BaselineStore';
import { EpisodeStore } from '../stores/EpisodeStore';
import { MonitorStore } from '../stores/MonitorStore';
import { WindowStore } from '../stores/WindowStore';
import {
  FakeLog,
  fakeServices,
  modelRef,
  normal,
  writeParquet,
} from '../testUtils/fakes';
import { startBaselineReconciler } from '../reconcilers/baselines';
import { startMonitorReconciler } from '../reconcilers/monitors';
import { startSweeps } from '../reconcilers/sweeps';

const directory = createMockDirectory();

/** Everything that watches a model, over a database of its own, and time that only `pass` moves on. */
export async function aWatch(
  knex: Knex,
  options: { detectors?: Detector[] } = {},
) {
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
  const labels = new LabelStore(knex);
  const monitors = new MonitorStore({ knex, windows, episodes });
  const announcer = new EpisodeAnnouncer({
    episodes,
    notifications: { send },
  });
  const shared = {
    knex,
    auth: mockServices.auth(),
    baselines,
    detectors: new Detectors([
      driftDetector(defaultRules),
      ...(options.detectors ?? []),
    ]),
    monitors,
    clock,
    logger,
    announce,
    ...fakes,
  };
  const evaluatorOf = (detectors: Detectors) =>
    new WindowEvaluator({
      ...shared,
      detectors,
      reader: new WindowReader({
        labels,
        rowsToFreeze: defaultRules.minRows,
        log: new PredictionLogReader({
          ...shared,
          open: file => log.fetch(file),
        }),
      }),
      episodes,
      windows,
      keep: 3,
      timeoutMs: 60_000,
      newId: randomUUID,
    });
  const sweeps = await startSweeps({
    ...shared,
    labels,
    labelDays: 400,
    found: () => {},
  });
  const baselineLoop = startBaselineReconciler({
    ...shared,
    builder: new BaselineBuilder({
      ...fakes,
      fetchEvaluation: async () => undefined,
    }),
    frozen: async () => {},
  });
  const monitorLoopOf = (detectors: Detectors) =>
    startMonitorReconciler({
      ...shared,
      detectors,
      evaluator: evaluatorOf(detectors),
      announcer,
      everyMs: 60_000,
      atLeastEveryMs: 3_600_000,
    });
  const evaluator = evaluatorOf(shared.detectors);
  const monitorLoop = monitorLoopOf(shared.detectors);
  return {
    ...fakes,
    knex,
    log,
    time,
    send,
    announced,
    baselines,
    labels,
    monitors,
    windows,
    evaluator,
    logger,
    monitor: async () => {
      const monitor = await monitors.get(modelRef);
      if (!monitor) throw new Error('There is no monitor');
      return monitor;
    },
    /** The loop of a replica that has the detector of drift alone. */
    plainReplica: () =>
      monitorLoopOf(new Detectors([driftDetector(defaultRules)])),
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
