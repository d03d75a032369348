import {
  declaredCardSchema,
  modelSignatureSchema,
  type DeclaredCard,
  type ModelSignature,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { Database } from './database';

export type SavedCard = {
  version: number;
  declared: DeclaredCard;
  at: string;
  by: string;
};

type CardRow = {
  version: number;
  declared: string;
  saved_at: string;
  saved_by: string;
};

export type CheckedSignature = {
  result: ModelSignature;
  filesDigest: string;
  /** What was sent along, where it does not lie among the files. */
  bundle?: Record<string, unknown>;
};

export type ReproductionRow = {
  jobId: string;
  name: string;
  version: number;
  requestedBy: string;
  at: string;
};

const bundleRecordSchema = z.record(z.string(), z.unknown());

/** What is kept of a version beside its run: its card, the last check of its signature, and jobs that train it again. */
export class CardStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  /** The card saved for this version, or the newest one saved for an earlier version. */
  async findUpTo(
    name: string,
    version: number,
    db: Database = this.#knex,
  ): Promise<SavedCard | undefined> {
    const row: CardRow | undefined = await db('version_cards')
      .where({ name })
      .where('version', '<=', version)
      .orderBy('version', 'desc')
      .first();
    return (
      row && {
        version: row.version,
        declared: declaredCardSchema.parse(JSON.parse(row.declared)),
        at: row.saved_at,
        by: row.saved_by,
      }
    );
  }

  async save(
    tx: Knex.Transaction,
    key: { name: string; version: number },
    card: { declared: DeclaredCard; at: string; by: string },
  ): Promise<void> {
    await tx('version_cards')
      .insert({
        name: key.name,
        version: key.version,
        declared: JSON.stringify(card.declared),
        saved_at: card.at,
        saved_by: card.by,
      })
      .onConflict(['name', 'version'])
      .merge();
  }

  async findSignature(
    name: string,
    version: number,
  ): Promise<CheckedSignature | undefined> {
    const row:
      | { bundle: string | null; result: string; files_digest: string }
      | undefined = await this.#knex('version_signatures')
      .where({ name, version })
      .first();
    return (
      row && {
        result: modelSignatureSchema.parse(JSON.parse(row.result)),
        filesDigest: row.files_digest,
        ...(row.bundle && {
          bundle: bundleRecordSchema.parse(JSON.parse(row.bundle)),
        }),
      }
    );
  }

  async saveSignature(
    tx: Knex.Transaction,
    key: { name: string; version: number },
    { result, filesDigest, bundle }: CheckedSignature,
  ): Promise<void> {
    await tx('version_signatures')
      .insert({
        name: key.name,
        version: key.version,
        bundle: bundle ? JSON.stringify(bundle) : null,
        result: JSON.stringify(result),
        files_digest: filesDigest,
      })
      .onConflict(['name', 'version'])
      .merge();
  }

  async addReproduction(
    tx: Knex.Transaction,
    row: ReproductionRow,
  ): Promise<void> {
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

  /** Newest first, each with the runs its job made. */
  async reproductions(
    name: string,
    version: number,
  ): Promise<(ReproductionRow & { runIds: string[] })[]> {
    const rows: { job_id: string; requested_by: string; at: string }[] =
      await this.#knex('reproductions')
        .where({ name, version })
        .orderBy('at', 'desc')
        .limit(50);
    const runs: { run_id: string; job_id: string }[] = await this.#knex('runs')
      .whereIn(
        'job_id',
        rows.map(row => row.job_id),
      )
      .where({ lifecycle_stage: 'active' })
      .orderBy('start_time', 'desc')
      .select('run_id', 'job_id');
    return rows.map(row => ({
      jobId: row.job_id,
      name,
      version,
      requestedBy: row.requested_by,
      at: row.at,
      runIds: runs
        .filter(run => run.job_id === row.job_id)
        .map(run => run.run_id),
    }));
  }
}
