import {
  resolvePackagePath,
  type DatabaseService,
} from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import { readdir } from 'node:fs/promises';

/**
 * The plugin's database has been used by a newer release.
 *
 * @remarks
 * Nothing was changed. `code` is for programs, the message for people.
 */
export class NewerDataError extends Error {
  readonly code = 'downstage.newer-data';
  readonly migrations: string[];

  constructor(packageName: string, migrations: string[]) {
    super(
      `Newer data: this portal is older than the data of ${packageName}, which has ${migrations.join(
        ', ',
      )}. Nothing was changed. Start the newer release again, or restore the backup that was made before the upgrade (docs/upgrade-and-rollback.md)`,
    );
    this.name = 'NewerDataError';
    this.migrations = migrations;
  }
}

/**
 * The plugin's database with its migrations run.
 *
 * @throws NewerDataError when a newer release has migrated it; the database is left as it is
 */
export async function migrate(
  database: DatabaseService,
  packageName: string,
): Promise<Knex> {
  const knex = await database.getClient();
  const directory = resolvePackagePath(packageName, 'migrations');
  await refuseNewerData(knex, { packageName, directory });
  if (!database.migrations?.skip) await knex.migrate.latest({ directory });
  return knex;
}

async function refuseNewerData(
  knex: Knex,
  options: { packageName: string; directory: string },
): Promise<void> {
  if (!(await knex.schema.hasTable('knex_migrations'))) return;
  const known = new Set(await readdir(options.directory));
  const rows: { name: string }[] = await knex('knex_migrations')
    .select('name')
    .orderBy('id');
  const newer = rows.map(({ name }) => name).filter(name => !known.has(name));
  if (newer.length) throw new NewerDataError(options.packageName, newer);
}
