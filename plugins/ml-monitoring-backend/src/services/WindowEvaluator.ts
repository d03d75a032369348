import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import { formatVersionRef, type Clock, type NewId } from '@downstage/common';
import type {
  Baseline,
  BaselineColumn,
  Window,
} from '@downstage/plugin-ml-monitoring-common';
import type { PredictionLog } from '@downstage/plugin-ml-serving-common';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import type { ColumnCounts } from '../domain/columnCounts';
import { planEpisode } from '../domain/episode';
import { judgeColumn } from '../domain/judgeColumn';
import { judgeWindow } from '../domain/judgeWindow';
import { EPSILON } from '../domain/populationStabilityIndex';
import type { DriftRules } from '../domain/rules';
import { columnTypes } from '../duckdb/columnTypes';
import { countWindow } from '../duckdb/countWindow';
import { measureBaseline } from '../duckdb/measureBaseline';
import { withDuckDb } from '../duckdb/openDuckDb';
import {
  openLog,
  type LogSlice,
  type LogWindow,
} from '../duckdb/predictionLog';
import type { BaselineStore } from '../stores/BaselineStore';
import type { EpisodeStore } from '../stores/EpisodeStore';
import type { MonitorRecord, MonitorStore } from '../stores/MonitorStore';
import type { WindowStore } from '../stores/WindowStore';

type Measured = LogWindow & {
  counts: ColumnCounts[];
  /** Columns of the predictions, frozen from this window because the baseline had none. */
  frozen: BaselineColumn[];
};

type Options = {
  serving: MlServingService;
  baselines: BaselineStore;
  episodes: EpisodeStore;
  monitors: MonitorStore;
  windows: WindowStore;
  rules: DriftRules;
  keep: number;
  clock: Clock;
  newId: NewId;
  logger: LoggerService;
  announce: (event: { ref: string }) => Promise<void>;
};

/** Closes windows: reads the log, compares with the baseline, stores the verdict, moves the episode. */
export class WindowEvaluator {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Closes a window of a monitor whose version is in production and has a frozen baseline.
   *
   * @remarks
   * On request there is always something to say: without enough new predictions the newest ones are taken,
   * though a window before covered them.
   */
  async close(options: {
    monitor: MonitorRecord;
    baseline: Baseline;
    trigger: 'schedule' | 'request';
    credentials: BackstageCredentials;
  }): Promise<Window> {
    const { monitor, baseline, trigger, credentials } = options;
    const { rules, clock, newId, windows, episodes, monitors } = this.#options;
    const log = await this.#rolledLog(monitor, credentials);
    const slice: LogSlice = {
      parquetGlob: log.parquetGlob,
      version: baseline.version,
      after: monitor.coveredUntil,
    };
    let measured = await this.#measure(slice, baseline);
    if (trigger === 'request' && measured.rows < rules.minRows) {
      measured = await this.#measure(
        { ...slice, after: undefined, latest: rules.minRows },
        baseline,
      );
    }
    const columns = measured.counts.map((counts, index) =>
      judgeColumn(baseline.columns[index], counts, rules),
    );
    const verdict = judgeWindow(columns, measured.rows, rules);
    const window: Window = {
      id: newId(),
      monitorRef: monitor.ref,
      version: baseline.version,
      from: measured.from,
      to: measured.to,
      rows: measured.rows,
      trigger,
      epsilon: EPSILON,
      columns,
      createdAt: clock().toISOString(),
      ...verdict,
    };
    const open = monitor.openEpisodeId;
    const openEpisode = open
      ? (await episodes.getMany([open])).get(open)
      : undefined;
    await monitors.closeWindow({
      monitor,
      window,
      openEpisode,
      plan: planEpisode(openEpisode, window),
      newId,
      covers:
        window.status !== 'insufficient_data' && window.status !== 'no_data',
    });
    if (measured.frozen.length) {
      await this.#options.baselines.addPredictions(
        baseline.versionRef,
        measured.frozen,
      );
    }
    await windows.prune(monitor.ref, this.#options.keep);
    await this.#options.announce({ ref: monitor.ref });
    return window;
  }

  /** How many predictions no window has covered yet, as far as they are Parquet. */
  async newRows(options: {
    monitor: MonitorRecord;
    version: number;
    log: PredictionLog;
  }): Promise<number> {
    const { monitor, version, log } = options;
    const { rows } = await withDuckDb(connection =>
      openLog(connection, {
        parquetGlob: log.parquetGlob,
        version,
        after: monitor.coveredUntil,
      }),
    );
    return rows;
  }

  async #measure(slice: LogSlice, baseline: Baseline): Promise<Measured> {
    return withDuckDb(async connection => {
      const window = await openLog(connection, slice);
      if (!window.rows) return { ...window, counts: [], frozen: [] };
      const counts = await countWindow(
        connection,
        'logged',
        baseline.columns,
        window.rows,
      );
      const known = baseline.columns.some(
        column => column.role === 'prediction',
      );
      if (known || window.rows < this.#options.rules.minRows) {
        return { ...window, counts, frozen: [] };
      }
      const types = await columnTypes(connection, 'logged');
      const { columns: frozen } = await measureBaseline(
        connection,
        'logged',
        [...types.keys()]
          .filter(column => column.startsWith('prediction.'))
          .map(column => ({
            source: column,
            column,
            name: column.slice('prediction.'.length),
            role: 'prediction',
          })),
      );
      return { ...window, counts, frozen };
    });
  }

  /** What was answered a moment ago is still NDJSON; with the gateway down, what is Parquet has to do. */
  async #rolledLog(
    monitor: MonitorRecord,
    credentials: BackstageCredentials,
  ): Promise<PredictionLog> {
    const { serving, logger } = this.#options;
    const params = { namespace: monitor.namespace, name: monitor.name };
    try {
      return await serving.rollPredictionLog({ params }, { credentials });
    } catch (error) {
      logger.warn(
        `Could not roll the prediction log of ${formatVersionRef({
          ...params,
          version: monitor.version ?? 0,
        })}, going on without what is not Parquet yet: ${stringifyError(
          error,
        )}`,
      );
      return serving.getPredictionLog({ params }, { credentials });
    }
  }
}
