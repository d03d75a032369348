import { hostname } from 'node:os';
import type {
  LifecycleService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';
import { SharedKeyStore, type SharedKey } from './SharedKeyStore';

const beatMs = 30_000;

/**
 * Says in the database which keys this portal uses, for as long as it runs.
 *
 * @throws ConflictError when a portal that runs on the same database uses others; this plugin does not start then
 */
export async function holdSharedKeys(
  keys: readonly SharedKey[],
  options: {
    knex: Knex;
    clock: Clock;
    lifecycle: LifecycleService;
    logger: LoggerService;
  },
): Promise<void> {
  const { knex, clock, lifecycle, logger } = options;
  const portal = `${hostname()}, process ${process.pid}`;
  const store = new SharedKeyStore({ knex, clock, portal });
  await store.claim(keys);
  const beat = setInterval(() => {
    store.seen(keys).catch(error => {
      logger.warn(`Keys in use were not written: ${stringifyError(error)}`);
    });
  }, beatMs);
  beat.unref();
  lifecycle.addShutdownHook(async () => {
    clearInterval(beat);
    await store.release();
  });
}
