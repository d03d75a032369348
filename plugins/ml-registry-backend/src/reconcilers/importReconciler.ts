import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Lease, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { ImportSteps } from '../services/import/ImportSteps';

const TABLE = 'imports';
const LEASE_MS = 60_000;
const HEARTBEAT_MS = 15_000;

/**
 * Brings imports to their end, step by step. A step that reads a large file keeps
 * its lease; that of a portal which died runs out, and another portal, or the
 * next start, goes on.
 */
export function startImportReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  steps: ImportSteps;
  intervalMs?: number;
}): Reconciler {
  const { steps, ...rest } = options;
  const { knex, clock } = rest;
  const stopping = new AbortController();
  // Only while it runs: somebody may have cancelled it meanwhile.
  const mine = ({ id, ticket }: Lease) =>
    knex(TABLE).where({ id, ticket, state: 'running' });
  const loop = startReconciler({
    ...rest,
    name: 'imports',
    table: TABLE,
    leaseMs: LEASE_MS,
    concurrency: 2,
    async reconcile(lease) {
      const keep = setInterval(() => {
        const until = new Date(clock().getTime() + LEASE_MS).toISOString();
        // One that is missed costs nothing but a second reader.
        mine(lease)
          .update({ next_reconcile_at: until })
          .catch(() => {});
      }, HEARTBEAT_MS);
      try {
        const patch = await steps.step(lease.id, stopping.signal);
        await mine(lease).update(patch);
        if (patch.next_reconcile_at && !stopping.signal.aborted) loop.nudge();
      } finally {
        clearInterval(keep);
      }
      return undefined;
    },
  });
  return {
    ...loop,
    async stop() {
      stopping.abort();
      await loop.stop();
    },
  };
}
