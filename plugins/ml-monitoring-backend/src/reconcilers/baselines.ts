import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import { parseVersionRef, type Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { BaselineBuilder } from '../services/BaselineBuilder';
import type { BaselineStore } from '../stores/BaselineStore';

/** Waits longer after each failure: 10 s, 20 s, 40 s … at most an hour. */
function retryAfterMs(attempts: number): number {
  return Math.min(10_000 * 2 ** Math.min(attempts, 20), 3_600_000);
}

/**
 * Freezes baselines that are asked for. A failure is written down for people and tried again: the dataset may be
 * registered after the version. A frozen baseline is never looked at again.
 */
export function startBaselineReconciler(deps: {
  knex: Knex;
  auth: AuthService;
  builder: BaselineBuilder;
  baselines: BaselineStore;
  clock: Clock;
  logger: LoggerService;
  /** Called after a baseline was frozen. */
  frozen: (baseline: { modelRef: string }) => Promise<void>;
}): Reconciler {
  const { knex, auth, builder, baselines, clock, logger } = deps;
  return startReconciler({
    name: 'ml-monitoring baseline',
    table: 'baselines',
    knex,
    logger,
    clock,
    stepMs: 10 * 60_000,
    concurrency: 1,
    reconcile: async lease => {
      const baseline = await baselines.get(lease.id);
      if (!baseline || baseline.state === 'ready') {
        return { next_reconcile_at: null };
      }
      const attempts = await baselines.attempts(lease.id);
      try {
        const credentials = await auth.getOwnServiceCredentials();
        const built = await builder.build(parseVersionRef(lease.id), {
          credentials,
        });
        logger.info(`Baseline of ${lease.id}: ${built.message}`);
        await knex('baselines')
          .where({ id: lease.id, ticket: lease.ticket, state: baseline.state })
          .update({
            ...baselines.frozen({ ...built, at: clock().toISOString() }),
            next_reconcile_at: null,
          });
        await deps.frozen({ modelRef: baseline.modelRef });
        return undefined;
      } catch (error) {
        const isFinal = error instanceof Error && error.name === 'InputError';
        const message =
          error instanceof Error ? error.message : stringifyError(error);
        logger.debug(
          `Baseline of ${lease.id} failed: ${stringifyError(error)}`,
        );
        return {
          state: isFinal || attempts >= 3 ? 'failed' : 'pending',
          message,
          attempts: attempts + 1,
          next_reconcile_at: new Date(
            clock().getTime() + retryAfterMs(attempts),
          ).toISOString(),
        };
      }
    },
  });
}
