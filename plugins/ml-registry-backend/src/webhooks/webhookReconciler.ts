import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import {
  commitWithLease,
  startReconciler,
  type Reconciler,
} from '@downstage/node';
import type { Knex } from 'knex';
import type { WebhookDeliveries } from './WebhookDeliveries';

const TABLE = 'webhook_deliveries';

/** Brings the outbox to the receivers; two portals never send the same delivery at once. */
export function startWebhookReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  deliveries: WebhookDeliveries;
  intervalMs?: number;
}): Reconciler {
  const { deliveries, ...rest } = options;
  const { knex } = rest;
  const loop = startReconciler({
    ...rest,
    name: 'webhook deliveries',
    table: TABLE,
    // An attempt takes ten seconds at most.
    stepMs: 60_000,
    concurrency: 8,
    async reconcile(lease) {
      const sequence = Number(lease.id);
      const patch = await deliveries.step(sequence);
      if (await commitWithLease(knex, { table: TABLE, lease, patch })) {
        await deliveries.after(sequence);
        if (patch.next_reconcile_at === null) loop.nudge();
      }
      return undefined;
    },
  });
  return loop;
}
