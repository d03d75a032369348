import type { Knex } from 'knex';

export type VersionCheck = {
  id: string;
  name: string;
  version: number;
  announced: boolean;
  looks: number;
};

/** The checks new versions go through on their way into staging. */
export class CheckStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * Opens a check for every version in stage none that has none yet. Registering a version therefore needs to do
   * nothing and can forget nothing: what it wrote is found.
   */
  async open(now: Date): Promise<number> {
    const rows: { name: string; version: number }[] = await this.#knex(
      'model_versions',
    )
      .leftJoin('version_checks', builder =>
        builder
          .on('version_checks.name', 'model_versions.name')
          .andOn('version_checks.version', 'model_versions.version'),
      )
      .where({ 'model_versions.status': 'READY' })
      .whereNull('version_checks.id')
      .select('model_versions.name', 'model_versions.version')
      .limit(200);
    if (!rows.length) return 0;
    await this.#knex('version_checks')
      .insert(
        rows.map(({ name, version }) => ({
          id: `${name}@${version}`,
          name,
          version,
          next_reconcile_at: now.toISOString(),
        })),
      )
      .onConflict('id')
      .ignore();
    return rows.length;
  }

  async find(id: string): Promise<VersionCheck | undefined> {
    const row:
      | (Omit<VersionCheck, 'announced'> & { announced: boolean | number })
      | undefined = await this.#knex('version_checks').where({ id }).first();
    return row && { ...row, announced: Boolean(row.announced) };
  }
}
