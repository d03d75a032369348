import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { isError, stringifyError } from '@backstage/errors';
import { formatVersionRef, type Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type {
  DriftStatus,
  Window,
} from '@downstage/plugin-ml-monitoring-common';
import type { Knex } from 'knex';
import type { Detectors } from '../detectors/Detectors';
import { planWindow } from '../domain/planWindow';
import type { EpisodeAnnouncer } from '../services/EpisodeAnnouncer';
import type { WindowEvaluator } from '../services/WindowEvaluator';
import type { BaselineStore } from '../stores/BaselineStore';
import type { MonitorRecord, MonitorStore } from '../stores/MonitorStore';

const COUNT_EVERY_MS = 30_000;

/** A detector that fails is asked less often: it may have taken all of its time. */
const AFTER_FAILURE_MS = 300_000;

/** A replica with the detector has looked by then; only when none has, nobody can judge the monitor. */
const UNCLAIMED_MS = 300_000;

/**
 * Looks at each monitor in turn: closes its window when that is full or old, and tells the owners what they do not know yet.
 *
 * @remarks
 * Each kind has a loop of its own. So monitors wait only for monitors of their own kind, for a bounded time.
 */
export function startMonitorReconciler(deps: {
  knex: Knex;
  auth: AuthService;
  detectors: Detectors;
  evaluator: WindowEvaluator;
  announcer: EpisodeAnnouncer;
  baselines: BaselineStore;
  monitors: MonitorStore;
  everyMs: number;
  atLeastEveryMs: number;
  clock: Clock;
  logger: LoggerService;
  announce: (event: { ref: string }) => Promise<void>;
}): Reconciler {
  const { auth, evaluator, announcer, baselines, monitors } = deps;
  const { clock, logger } = deps;

  /** What keeps a monitor from a verdict, said once and not at every look. */
  const wait = async (
    monitor: MonitorRecord,
    why: { status: DriftStatus; message: string },
  ) => {
    if (await monitors.setMessage(monitor, why)) {
      await deps.announce({ ref: monitor.ref });
    }
  };

  /** Answers the window that it closed, if it closed one. */
  const look = async (known: MonitorRecord): Promise<Window | undefined> => {
    const { version, namespace, name } = known;
    if (version === undefined) return undefined;
    const detectorOf = () => {
      try {
        return evaluator.detectorOf(known);
      } catch (error) {
        return stringifyReason(error);
      }
    };
    const found = detectorOf();
    if (typeof found === 'string') {
      await wait(known, { status: 'unknown', message: found });
      return undefined;
    }
    const { detector, configured } = found;
    const baseline = detector.needs.baseline
      ? await baselines.get(formatVersionRef({ namespace, name, version }))
      : undefined;
    if (detector.needs.baseline && baseline?.state !== 'ready') {
      await wait(known, {
        status: 'no_data',
        message: `No baseline of version ${version} yet: ${
          baseline?.message ?? 'it is looked for'
        }`,
      });
      return undefined;
    }
    const restored = await monitors.restore(known);
    if (restored) await deps.announce({ ref: restored.ref });
    const monitor = restored ?? known;
    const newRows = await evaluator.newRows({
      monitor,
      version,
      needs: detector.needs,
      minRows: configured.limits.minRows,
    });
    const plan = planWindow({
      now: clock(),
      newRows,
      lastClosedAt: monitor.closedAt ? new Date(monitor.closedAt) : undefined,
      minRows: configured.limits.minRows,
      atLeastEveryMs: deps.atLeastEveryMs,
    });
    if (plan === 'close') {
      const window = await evaluator.close({
        monitor,
        version,
        baseline,
        trigger: 'schedule',
        credentials: await auth.getOwnServiceCredentials(),
      });
      await announcer.announce(monitor);
      return window;
    }
    if (!monitor.closedAt && newRows === 0) {
      await wait(monitor, {
        status: 'no_data',
        message: detector.needs.labels
          ? `No labels of predictions have been received yet`
          : `No predictions of version ${version} have been evaluated yet`,
      });
    }
    return undefined;
  };

  const lane = (kind: string | undefined) => {
    let counted: { at: number; pauseMs: number } | undefined;
    /** At most ten monitors of a kind are looked at in a second: with 5,000 each about every eight minutes. */
    const pauseMs = async () => {
      const now = clock().getTime();
      // How many there are changes slowly, and a pause need not be exact.
      if (!counted || now - counted.at > COUNT_EVERY_MS || now < counted.at) {
        const number = kind ? await monitors.countWatching(kind) : 0;
        counted = { at: now, pauseMs: Math.max(deps.everyMs, number * 100) };
      }
      return counted.pauseMs;
    };
    return startReconciler({
      name: `ml-monitoring monitor of ${kind ?? 'an unknown kind'}`,
      table: 'monitors',
      knex: deps.knex,
      logger,
      clock,
      stepMs: 5 * 60_000,
      concurrency: 2,
      only: due =>
        kind
          ? due.where({ kind })
          : due
              .whereNotIn('kind', deps.detectors.kinds)
              .where(
                'next_reconcile_at',
                '<=',
                new Date(clock().getTime() - UNCLAIMED_MS).toISOString(),
              ),
      reconcile: async lease => {
        const monitor = await monitors.get(lease.id);
        const after = (ms: number) => ({
          next_reconcile_at: new Date(clock().getTime() + ms).toISOString(),
        });
        const pause = await pauseMs();
        if (!monitor) return after(pause);
        try {
          await announcer.announce(monitor);
        } catch (error) {
          logger.warn(
            `Could not notify the owners of ${
              monitor.ref
            }, will try again: ${stringifyError(error)}`,
          );
        }
        try {
          const window = await look(monitor);
          if (window?.status === 'unknown') {
            return after(Math.max(pause, AFTER_FAILURE_MS));
          }
        } catch (error) {
          // Somebody closed a window at the same moment: theirs counts.
          if (!isError(error) || error.name !== 'ConflictError') {
            logger.warn(
              `Could not look at the predictions of ${
                monitor.ref
              }, will try again: ${stringifyError(error)}`,
            );
          }
        }
        return after(pause);
      },
    });
  };

  const lanes = [...deps.detectors.kinds, undefined].map(lane);
  return {
    nudge: () => lanes.forEach(one => one.nudge()),
    tick: async () => {
      await Promise.all(lanes.map(one => one.tick()));
    },
    stop: async () => {
      await Promise.all(lanes.map(one => one.stop()));
    },
  };
}

function stringifyReason(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
