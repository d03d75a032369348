import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { PromotionStateMachine } from './PromotionStateMachine';

/** Takes up promotions whose process died between two steps, and those that wait for a pending gate. */
export function startPromotionReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  steps: PromotionStateMachine;
}): Reconciler {
  const { steps, ...rest } = options;
  return startReconciler({
    ...rest,
    name: 'promotions',
    table: 'promotions',
    concurrency: 2,
    async reconcile({ id }) {
      await steps.run(id);
      // The steps write the row themselves, next look included.
      return undefined;
    },
  });
}
