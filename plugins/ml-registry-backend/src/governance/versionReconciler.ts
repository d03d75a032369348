import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { VersionChecks } from './VersionChecks';

/**
 * Finds new versions, announces them, and brings those that pass their gates into staging.
 *
 * @remarks
 * New ones are found by looking, so whatever registered them, and whenever the process died, none is forgotten.
 */
export function startVersionReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  checks: VersionChecks;
  intervalMs?: number;
}): Reconciler {
  const { checks, logger, intervalMs = 2_000, ...rest } = options;
  const inner = startReconciler({
    ...rest,
    logger,
    intervalMs,
    name: 'version checks',
    table: 'version_checks',
    reconcile: ({ id }) => checks.look(id),
  });
  let opening: Promise<void> | undefined;
  const tick = async () => {
    opening ??= checks
      .open()
      .catch(error => {
        logger.warn(
          `Could not look for new versions: ${stringifyError(error)}`,
        );
      })
      .finally(() => {
        opening = undefined;
      });
    await opening;
    await inner.tick();
  };
  const timer = setInterval(tick, intervalMs);
  timer.unref();
  return {
    tick,
    nudge: () => setImmediate(tick),
    async stop() {
      clearInterval(timer);
      await opening;
      await inner.stop();
    },
  };
}
