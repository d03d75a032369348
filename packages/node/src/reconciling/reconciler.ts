import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';
import { claimDue, commitWithLease, keepLeases, type Lease } from './lease';

/** What a reconcile step leaves in the row: at least when to look again (`undefined` in SQL terms: null = never). */
export type ReconcilePatch = {
  next_reconcile_at: string | null;
} & Record<string, unknown>;

/** What a crash holds a row up for. The loop renews the lease while a step goes on. */
const longestLeaseMs = 60_000;

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
 * A loop that brings rows to their desired state: it claims due rows with a lease and lets `reconcile` take one step each.
 *
 * @remarks
 * Every step may run twice: after a crash the lease runs out within a minute and the row is due again. A step that throws is
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
  /** A step that takes longer is taken for one that hangs: another process may take its row over. */
  stepMs?: number;
  retryMs?: number;
  concurrency?: number;
  /**
   * Looks at many rows with a few questions when more are due than are stepped at a time. It writes the rows that need
   * nothing itself and answers the others, which are then stepped one by one.
   */
  skim?: {
    limit: number;
    look: (leases: Lease[]) => Promise<Lease[]>;
  };
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
    stepMs = longestLeaseMs,
    retryMs = 5_000,
    concurrency = 4,
    skim,
    only,
  } = options;
  let stopped = false;
  let again = false;
  let running: Promise<void> | undefined;

  const leaseMs = Math.min(stepMs, longestLeaseMs);

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

  const limit = Math.max(concurrency, skim?.limit ?? 0);

  /** Those that need a step. A look that fails leaves every row to its own step, which says why. */
  const needy = async (leases: Lease[]): Promise<Lease[]> => {
    if (!skim || leases.length <= concurrency) return leases;
    return skim.look(leases).catch(error => {
      logger.debug(
        `${name}: ${
          leases.length
        } rows could not be looked at together: ${stringifyError(error)}`,
      );
      return leases;
    });
  };

  const work = async (leases: Lease[], claimedAt: Date) => {
    const held = new Set(leases);
    const kept = keepLeases(knex, {
      ...{ table, claimedAt, leaseMs, mostMs: stepMs, clock },
      held: () => [...held],
    });
    try {
      const left = await needy(leases);
      for (let at = 0; at < left.length && !stopped; at += concurrency) {
        const some = left.slice(at, at + concurrency);
        await Promise.all(
          some.map(lease => step(lease).finally(() => held.delete(lease))),
        );
      }
    } finally {
      kept.stop();
    }
  };

  const look = async () => {
    do {
      again = false;
      const claimedAt = clock();
      const leases = await claimDue(knex, {
        ...{ table, limit, leaseMs, now: claimedAt, only },
      });
      if (leases.length) await work(leases, claimedAt);
      if (leases.length === limit) again = true;
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
