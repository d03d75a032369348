import type { Knex } from 'knex';

export type ReproductionRow = {
  jobId: string;
  name: string;
  version: number;
  requestedBy: string;
  at: string;
};

/** Jobs that train a version again. */
export class ReproductionStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  async add(tx: Knex.Transaction, row: ReproductionRow): Promise<void> {
    await tx('reproductions')
      .insert({
        job_id: row.jobId,
        name: row.name,
        version: row.version,
        requested_by: row.requestedBy,
        at: row.at,
      })
      .onConflict('job_id')
      .ignore();
  }

  /** The version a job trains again, if it does. */
  async reproducedBy(
    jobId: string,
  ): Promise<{ name: string; version: number } | undefined> {
    return this.#knex('reproductions')
      .where({ job_id: jobId })
      .first('name', 'version');
  }

  /** Newest first. */
  async list(name: string, version: number): Promise<ReproductionRow[]> {
    const rows: { job_id: string; requested_by: string; at: string }[] =
      await this.#knex('reproductions')
        .where({ name, version })
        .orderBy('at', 'desc')
        .limit(50);
    return rows.map(row => ({
      jobId: row.job_id,
      name,
      version,
      requestedBy: row.requested_by,
      at: row.at,
    }));
  }
}
