// The two databases: a folder of SQLite files, and a PostgreSQL with the configuration it is installed with.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startPostgres } from '../../scripts/postgres.mjs';

const load = createRequire(import.meta.url);

/** Where each server finds its database, and a way to write past it. */
export async function openDatabase(kind, folder) {
  await mkdir(folder, { recursive: true });
  if (kind === 'sqlite') return sqlite(folder);
  const server = await startPostgres(join(folder, 'postgresql'), {
    settings: ['max_connections=200'],
  });
  const { Client } = load('pg');
  const uri = name => `${server.url}/${name}`;
  const connected = async (name, work) => {
    const client = new Client({ connectionString: uri(name) });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const version = await connected(
    'postgres',
    async client =>
      (
        await client.query('SHOW server_version')
      ).rows[0].server_version,
  );
  const exists = name =>
    connected(
      'postgres',
      async client =>
        (
          await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [
            name,
          ])
        ).rows.length > 0,
    );
  return {
    kind,
    title: `PostgreSQL ${version.split(' ')[0]}`,
    async forMlflow() {
      if (!(await exists('mlflow'))) {
        await connected('postgres', client =>
          client.query('CREATE DATABASE mlflow'),
        );
      }
      return uri('mlflow').replace('postgresql://', 'postgresql+psycopg2://');
    },
    forPortal: () => ({
      client: 'pg',
      connection: { host: '127.0.0.1', port: server.port, user: 'postgres' },
    }),
    async write(which, statements) {
      const name =
        which === 'mlflow' ? 'mlflow' : 'backstage_plugin_ml-registry';
      await connected(name, async client => {
        // No check of references: what is written refers to what was written just before.
        await client.query('SET session_replication_role = replica');
        for (const statement of statements) await client.query(statement);
      });
    },
    async isSeeded(which) {
      const name =
        which === 'mlflow' ? 'mlflow' : 'backstage_plugin_ml-registry';
      if (!(await exists(name))) return 0;
      return connected(name, async client =>
        Number(
          (
            await client.query(
              `SELECT count(*) FROM runs WHERE experiment_id = 1`,
            )
          ).rows[0].count,
        ),
      ).catch(() => 0);
    },
    stop: server.stop,
  };
}

function sqlite(folder) {
  const file = which =>
    which === 'mlflow'
      ? join(folder, 'mlflow.db')
      : join(folder, 'portal', 'ml-registry.sqlite');
  const Database = load('better-sqlite3');
  const version = new Database(':memory:')
    .prepare('SELECT sqlite_version() AS version')
    .get().version;
  return {
    kind: 'sqlite',
    title: `SQLite ${version}`,
    forMlflow: async () => `sqlite:///${file('mlflow')}`,
    forPortal: () => ({
      client: 'better-sqlite3',
      connection: { directory: join(folder, 'portal') },
    }),
    async write(which, statements) {
      const database = new Database(file(which));
      database.pragma('synchronous = OFF');
      database.pragma('cache_size = -400000');
      for (const statement of statements) database.exec(statement);
      database.close();
    },
    async isSeeded(which) {
      if (!existsSync(file(which))) return 0;
      const database = new Database(file(which), { readonly: true });
      try {
        return database
          .prepare('SELECT count(*) AS count FROM runs WHERE experiment_id = 1')
          .get().count;
      } catch {
        return 0;
      } finally {
        database.close();
      }
    },
    stop: async () => {},
  };
}
