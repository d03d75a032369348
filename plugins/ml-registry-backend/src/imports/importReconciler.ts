import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { ImportProcess } from './ImportProcess';

const TABLE = 'imports';

/**
 * Brings imports to their end, step by step. A step may read a large file, and is given the time for it. Where its
 * portal died another portal, or the next start, goes on.
 */
export function startImportReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  steps: ImportProcess;
  intervalMs?: number;
}): Reconciler {
  const { steps, ...rest } = options;
  const { knex } = rest;
  const stopping = new AbortController();
  const loop = startReconciler({
    ...rest,
    name: 'imports',
    table: TABLE,
    stepMs: Infinity,
    concurrency: 2,
    async reconcile({ id, ticket }) {
      const patch = await steps.step(id, stopping.signal);
      // Only while it runs: somebody may have cancelled it meanwhile.
      await knex(TABLE).where({ id, ticket, state: 'running' }).update(patch);
      if (patch.next_reconcile_at && !stopping.signal.aborted) loop.nudge();
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
