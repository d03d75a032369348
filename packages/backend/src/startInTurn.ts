import {
  coreServices,
  createServiceFactory,
  createServiceRef,
  type LoggerService,
} from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';
import { knex, type Knex } from 'knex';

/** The lock's number: the letters of `start`, read as one. */
const LOCK = 0x73_74_61_72;
const LOOK_MS = 500;
const SAY_MS = 30_000;

/** Held while a portal starts. */
type Turn = { release(): Promise<void> };

const startTurnServiceRef = createServiceRef<Turn>({
  id: 'downstage.start-turn',
  scope: 'root',
});

/**
 * Portals that start together on one PostgreSQL start one after the other.
 *
 * @remarks
 * Every plugin brings its tables up to date when it starts. Two that do so at once meet in the lock of the migrations.
 * One of them then stays unavailable for good. The turn is an advisory lock on a connection of its own: it ends with
 * the start, with the process, and with the connection, whichever comes first. On SQLite there is nothing to wait for.
 */
export const startInTurn = createServiceFactory({
  service: startTurnServiceRef,
  // Before any plugin starts.
  initialization: 'always',
  deps: {
    config: coreServices.rootConfig,
    logger: coreServices.rootLogger,
    lifecycle: coreServices.rootLifecycle,
  },
  async factory({ config, logger, lifecycle }) {
    const connection = readConnection(config);
    if (!connection) return { async release() {} };
    const turn = await takeTurn(connection, { logger });
    // Every plugin has started; the next portal may.
    lifecycle.addStartupHook(() => turn.release());
    return turn;
  },
});

/** Waits for the turn, and says so. */
export async function takeTurn(
  connection: Knex.PgConnectionConfig | string,
  options: { logger: LoggerService; pause?: (ms: number) => Promise<void> },
): Promise<Turn> {
  const { logger, pause = sleep } = options;
  // One connection for good: the lock belongs to it.
  const client = knex({ client: 'pg', connection, pool: { min: 1, max: 1 } });
  for (let waited = 0; ; waited += LOOK_MS) {
    const { rows } = await client.raw(
      'SELECT pg_try_advisory_lock(?) AS taken',
      [LOCK],
    );
    if (rows[0].taken) break;
    if (waited % SAY_MS === 0) {
      logger.info(
        `Another portal is starting on this database; waiting for it (${
          waited / 1000
        } s)`,
      );
    }
    await pause(LOOK_MS);
  }
  return { release: () => client.destroy() };
}

/**
 * The connection of `backend.database`, where it is a PostgreSQL that is reached by address and password. Others (the
 * connectors of cloud providers) get no turn: there, start one portal first.
 */
export function readConnection(
  config: Config,
): Knex.PgConnectionConfig | string | undefined {
  const database = config.getOptionalConfig('backend.database');
  if (database?.getOptionalString('client') !== 'pg') return undefined;
  const given = database.get('connection');
  // A database that is there before those of the plugins.
  const first = 'postgres';
  if (typeof given === 'string') {
    if (!URL.canParse(given)) return given;
    const url = new URL(given);
    if (url.pathname.length < 2) url.pathname = first;
    return url.href;
  }
  const connection = Object(given);
  if (connection.type && connection.type !== 'default') return undefined;
  return { database: first, ...connection };
}

function sleep(milliseconds: number) {
  return new Promise<void>(done => {
    setTimeout(done, milliseconds);
  });
}
