import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { ModelEntitySync } from './ModelEntitySync';

/** Keeps the copy of Model entities that lists are made from; an event only makes it look sooner. */
export function startEntityReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  entities: ModelEntitySync;
}): Reconciler {
  const { entities, ...rest } = options;
  return startReconciler({
    ...rest,
    name: 'model entities',
    table: 'model_entity_sync',
    intervalMs: 1_000,
    retryMs: 30_000,
    concurrency: 2,
    reconcile: ({ id }) => entities.step(id),
  });
}
