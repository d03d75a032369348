import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';
import { claimDue, commitWithLease, type Lease } from './lease';

/** What a reconcile step leaves in the row: at least when to look again (`undefined` in SQL terms: null = never). */
export type ReconcilePatch = {
  next_reconcile_at: string | null;
} & Record<string, unknown>;

/** A running loop. */
export type Reconciler = {
  /** Look now rather than at the next interval; safe to call at any time and any number of times. */
  nudge(): void;
  /** Stops looking and waits for the steps under way. */
  stop(): Promise<void>;
  /** One look, awaited; what the loop does at each interval. For tests. */
  tick(): Promise<void>;
};

/**
 * A loop that brings rows to their wish: it claims due rows with a lease and lets `reconcile` take one step each.
 *
 * @remarks
 * Every step may run twice: after a crash the lease runs out and the row is due again. A step that throws is
 * logged and the row comes back after `retryMs`. A step that returns `undefined` has written its row itself.
 * First try, retry, crash, event and click are all this one path.
 */
export function startReconciler(options: {
  name: string;
  table: string;
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  reconcile: (lease: Lease) => Promise<ReconcilePatch | undefined>;
  intervalMs?: number;
  leaseMs?: number;
  retryMs?: number;
  concurrency?: number;
  /** Narrows what is claimed, where not every replica can work on every row. */
  only?: (due: Knex.QueryBuilder) => void;
}): Reconciler {
  const {
    name,
    table,
    knex,
    logger,
    clock,
    reconcile,
    intervalMs = 2_000,
    leaseMs = 60_000,
    retryMs = 5_000,
    concurrency = 4,
    only,
  } = options;
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;

  const step = async (lease: Lease) => {
    try {
      const patch = await reconcile(lease);
      if (!patch) return;
      const kept = await commitWithLease(knex, { table, lease, patch });
      if (!kept)
        logger.debug(
          `${name}: ${lease.id} was taken over, dropping this result`,
        );
    } catch (error) {
      logger.warn(
        `${name}: ${lease.id} failed and will be tried again: ${stringifyError(
          error,
        )}`,
      );
      const next = new Date(clock().getTime() + retryMs).toISOString();
      await commitWithLease(knex, {
        table,
        lease,
        patch: { next_reconcile_at: next },
      });
    }
  };

  const look = async () => {
    do {
      again = false;
      const leases = await claimDue(knex, {
        table,
        limit: concurrency,
        leaseMs,
        now: clock(),
        only,
      });
      await Promise.all(leases.map(step));
      if (leases.length === concurrency) again = true;
    } while (again && !stopped);
  };

  const tick = (): Promise<void> => {
    if (running) {
      again = true;
      return running;
    }
    running = look()
      .catch(error => {
        if (!stopped)
          logger.error(
            `${name}: could not look for work: ${stringifyError(error)}`,
          );
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  const timer = setInterval(tick, intervalMs);
  timer.unref();
  return {
    tick,
    nudge() {
      if (!stopped) setImmediate(tick);
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
