import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { GarbageDeletion } from './GarbageDeletion';

/** Goes on deleting what somebody agreed to, batch after batch, also after a crash. */
export function startGarbageReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  steps: GarbageDeletion;
}): Reconciler {
  const { steps, ...rest } = options;
  return startReconciler({
    ...rest,
    name: 'garbage',
    table: 'garbage_collections',
    concurrency: 1,
    intervalMs: 5_000,
    stepMs: 10 * 60_000,
    reconcile: ({ id }) => steps.step(id),
  });
}
