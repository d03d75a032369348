import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { isError, stringifyError } from '@backstage/errors';
import { formatVersionRef, type Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { DriftStatus } from '@downstage/plugin-ml-monitoring-common';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import type { Knex } from 'knex';
import { planWindow } from '../domain/planWindow';
import { countOpenRows } from '../duckdb/predictionLog';
import type { EpisodeAnnouncer } from '../services/EpisodeAnnouncer';
import type { WindowEvaluator } from '../services/WindowEvaluator';
import type { BaselineStore } from '../stores/BaselineStore';
import type { MonitorRecord, MonitorStore } from '../stores/MonitorStore';

/** Looks at each monitor in turn: closes its window when that is full or old, and tells the owners what they do not know yet. */
export function startMonitorReconciler(deps: {
  knex: Knex;
  auth: AuthService;
  serving: MlServingService;
  evaluator: WindowEvaluator;
  announcer: EpisodeAnnouncer;
  baselines: BaselineStore;
  monitors: MonitorStore;
  minRows: number;
  everyMs: number;
  atLeastEveryMs: number;
  clock: Clock;
  logger: LoggerService;
  announce: (event: { ref: string }) => Promise<void>;
}): Reconciler {
  const { auth, serving, evaluator, announcer, baselines, monitors } = deps;
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

  const look = async (monitor: MonitorRecord) => {
    const { version, namespace, name } = monitor;
    if (version === undefined) return;
    const ref = formatVersionRef({ namespace, name, version });
    const baseline = await baselines.get(ref);
    if (baseline?.state !== 'ready') {
      await wait(monitor, {
        status: 'no_data',
        message: `No baseline of version ${version} yet: ${
          baseline?.message ?? 'it is looked for'
        }`,
      });
      return;
    }
    const credentials = await auth.getOwnServiceCredentials();
    const log = await serving.getPredictionLog(
      { params: { namespace, name } },
      { credentials },
    );
    const newRows =
      (await evaluator.newRows({ monitor, version, log })) +
      (await countOpenRows(log.openFiles, version));
    const plan = planWindow({
      now: clock(),
      newRows,
      lastClosedAt: monitor.closedAt ? new Date(monitor.closedAt) : undefined,
      minRows: deps.minRows,
      atLeastEveryMs: deps.atLeastEveryMs,
    });
    if (plan === 'close') {
      await evaluator.close({
        monitor,
        baseline,
        trigger: 'schedule',
        credentials,
      });
      await announcer.announce(monitor.ref);
    } else if (!monitor.closedAt && newRows === 0) {
      await wait(monitor, {
        status: 'no_data',
        message: `Version ${version} is in production and has answered no requests yet`,
      });
    }
  };

  return startReconciler({
    name: 'ml-monitoring monitor',
    table: 'monitors',
    knex: deps.knex,
    logger,
    clock,
    leaseMs: 5 * 60_000,
    concurrency: 2,
    reconcile: async lease => {
      const monitor = await monitors.get(lease.id);
      const later = {
        next_reconcile_at: new Date(
          clock().getTime() + deps.everyMs,
        ).toISOString(),
      };
      if (!monitor) return later;
      try {
        await announcer.announce(monitor.ref);
      } catch (error) {
        logger.warn(
          `Could not notify the owners of ${
            monitor.ref
          }, will try again: ${stringifyError(error)}`,
        );
      }
      try {
        await look(monitor);
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
      return later;
    },
  });
}
