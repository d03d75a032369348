import type {
  BackstageCredentials,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { ConflictError, stringifyError } from '@backstage/errors';
import { formatVersionRef, type Clock, type NewId } from '@downstage/common';
import type {
  Baseline,
  Window,
  WindowSummary,
} from '@downstage/plugin-ml-monitoring-common';
import type {
  ConfiguredDetector,
  DetectorNeeds,
  Evaluation,
} from '@downstage/plugin-ml-monitoring-node';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import type { Detectors } from '../detectors/Detectors';
import { runDetector } from '../detectors/runDetector';
import { planEpisode } from '../domain/episode';
import { hasVerdict } from '../domain/hasVerdict';
import type { BaselineStore } from '../stores/BaselineStore';
import type { EpisodeStore } from '../stores/EpisodeStore';
import type { MonitorRecord, MonitorStore } from '../stores/MonitorStore';
import type { WindowStore } from '../stores/WindowStore';
import type { ReadWindow, WindowReader } from './WindowReader';

type Options = {
  serving: Pick<MlServingService, 'rollPredictionLog'>;
  detectors: Detectors;
  reader: WindowReader;
  baselines: BaselineStore;
  episodes: EpisodeStore;
  monitors: MonitorStore;
  windows: WindowStore;
  keep: number;
  /** How long a detector may think about a window. */
  timeoutMs: number;
  clock: Clock;
  newId: NewId;
  logger: LoggerService;
  announce: (event: { ref: string }) => Promise<void>;
};

/** Closes windows: reads the log, asks the detector, stores the verdict, moves the episode. */
export class WindowEvaluator {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Closes a window of a monitor whose version is in production. The version has a frozen baseline where the detector
   * needs one.
   *
   * @remarks
   * On request there is always something to say: without enough new predictions the newest ones are taken,
   * though a window before covered them. A detector that fails makes a window of the status `unknown`; while it goes on
   * failing by schedule, the first of these stands for all. So does the first in which no prediction has a label: those
   * that came belong to other predictions, such as those of a version before.
   *
   * @throws ConflictError when no detector of the kind is installed, InputError when its settings do not fit any more
   */
  async close(options: {
    monitor: MonitorRecord;
    version: number;
    baseline?: Baseline;
    trigger: 'schedule' | 'request';
    credentials: BackstageCredentials;
  }): Promise<Window> {
    const { monitor, version, baseline, trigger, credentials } = options;
    const { clock, newId, windows, episodes, monitors } = this.#options;
    const { detector, configured } = this.detectorOf(monitor);
    const { needs } = detector;
    const { minRows, delayMs } = configured.limits;
    const compared = needs.baseline ? baseline : undefined;
    const until = delayMs
      ? new Date(clock().getTime() - delayMs).toISOString()
      : undefined;
    await this.#roll(monitor, credentials);
    const read = (range: { after?: string; latest?: number }) =>
      this.#options.reader.read(
        monitor,
        { version, ...range, ...(until && { until }) },
        { needs, only: configured.columns, baseline: compared },
      );
    let found = await read({ after: monitor.coveredUntil });
    if (trigger === 'request' && rowsToJudge(found) < minRows) {
      found = await read({ latest: needs.labels ? minRows * 10 : minRows });
    }
    const evaluation = await this.#judge(monitor, configured, {
      version,
      baseline: compared,
      found,
    });
    const window = windowOf(evaluation, {
      id: newId(),
      monitor,
      version,
      found,
      trigger,
      createdAt: clock().toISOString(),
    });
    const latest =
      trigger === 'schedule' ? await this.#latestOf(monitor) : undefined;
    if (window.status === 'unknown') {
      const { message } = window;
      this.#options.logger.warn(`${monitor.id}: ${message}`);
      if (latest?.status === 'unknown') {
        const changed = await monitors.setMessage(monitor, window);
        if (changed) await this.#options.announce({ ref: monitor.ref });
        return window;
      }
    }
    const isSame =
      latest?.version === version &&
      latest.status === window.status &&
      !hasVerdict(window.status);
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
      isKept: !isSame || !needs.labels || rowsToJudge(found) > 0,
      coveredUntil: coveredBy(window, found),
    });
    if (found.frozen.length && baseline) {
      await this.#options.baselines.addPredictions(
        baseline.versionRef,
        found.frozen,
      );
    }
    await windows.prune(monitor.id, this.#options.keep);
    await this.#options.announce({ ref: monitor.ref });
    return window;
  }

  /** How many predictions no window has covered yet, or how many labels came since the last one. */
  async newRows({
    monitor,
    version,
    needs,
    minRows,
  }: {
    monitor: MonitorRecord;
    version: number;
    needs: DetectorNeeds;
    /** Of labels, no more are counted: so many close a window. */
    minRows: number;
  }): Promise<number> {
    return this.#options.reader.countNew(monitor, {
      ...monitor,
      needs,
      version,
      atMost: Math.max(1, Math.ceil(minRows)),
    });
  }

  /**
   * The detector of a monitor with its settings.
   *
   * @throws ConflictError when none of the kind is installed, InputError when the settings do not fit it
   */
  detectorOf({ kind, settings }: Pick<MonitorRecord, 'kind' | 'settings'>) {
    const { detectors } = this.#options;
    const detector = detectors.get(kind);
    if (!detector) {
      throw new ConflictError(
        `No detector of the kind '${kind}' is installed; there are ${detectors.kinds.join(
          ', ',
        )}`,
      );
    }
    return { detector, configured: detector.configure(settings) };
  }

  async #judge(
    monitor: MonitorRecord,
    detector: ConfiguredDetector,
    given: { version: number; baseline?: Baseline; found: ReadWindow },
  ): Promise<Evaluation> {
    const { version, baseline, found } = given;
    const { rows, from, to, counts, values, labels } = found;
    return runDetector({
      kind: monitor.kind,
      detector,
      timeoutMs: this.#options.timeoutMs,
      window: {
        modelRef: monitor.ref,
        version,
        rows,
        ...(from && { from }),
        ...(to && { to }),
        ...(baseline && { baseline, counts }),
        ...(values && {
          values: {
            names: values.names,
            rows: values.rows,
            columns: values.columns,
          },
        }),
        ...(labels && { labels }),
      },
    });
  }

  async #latestOf({
    latestWindowId: id,
  }: MonitorRecord): Promise<WindowSummary | undefined> {
    if (!id) return undefined;
    return (await this.#options.windows.summaries([id])).get(id);
  }

  /** The latest predictions are still NDJSON; with the gateway down, the Parquet files have to do. */
  async #roll(
    monitor: MonitorRecord,
    credentials: BackstageCredentials,
  ): Promise<void> {
    const { serving, logger } = this.#options;
    const params = { namespace: monitor.namespace, name: monitor.name };
    try {
      await serving.rollPredictionLog({ params }, { credentials });
    } catch (error) {
      logger.warn(
        `Could not roll the prediction log of ${formatVersionRef({
          ...params,
          version: monitor.version ?? 0,
        })}, going on without what is not Parquet yet: ${stringifyError(
          error,
        )}`,
      );
    }
  }
}

/** Of a detector of labels, predictions that have one. */
function rowsToJudge({ rows, labels }: ReadWindow): number {
  return labels?.filter(label => label !== undefined).length ?? rows;
}

/**
 * Up to where the predictions of a window are done with.
 *
 * @remarks
 * A window without a verdict leaves its predictions for the next one. Only the newest are
 * read, and the next one would not read the older ones either: they would make each window longer.
 */
function coveredBy(
  { status, to }: Window,
  { unreadUntil }: ReadWindow,
): string | undefined {
  return hasVerdict(status) ? to : unreadUntil;
}

function windowOf(
  evaluation: Evaluation,
  facts: {
    id: string;
    monitor: MonitorRecord;
    version: number;
    found: ReadWindow;
    trigger: Window['trigger'];
    createdAt: string;
  },
): Window {
  const { status, message, signals, raised, headline } = evaluation;
  const { monitor, found, ...rest } = facts;
  const most = signals.find(({ name }) => name === headline);
  return {
    ...rest,
    monitorRef: monitor.ref,
    monitorId: monitor.id,
    kind: monitor.kind,
    from: found.from,
    to: found.to,
    rows: found.rows,
    status,
    message,
    ...(most?.metric === 'psi' && { maxPsi: most.value, maxColumn: most.name }),
    driftedColumns: raised,
    epsilon: evaluation.epsilon ?? 0,
    columns: evaluation.columns ?? [],
    signals,
  };
}
