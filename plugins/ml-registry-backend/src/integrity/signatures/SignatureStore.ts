import {
  modelSignatureSchema,
  type ModelSignature,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { z } from 'zod';

export type CheckedSignature = {
  result: ModelSignature;
  filesDigest: string;
  /** What was sent along, where it does not lie among the files. */
  bundle?: Record<string, unknown>;
};

const bundleRecordSchema = z.record(z.string(), z.unknown());

/** The last check of each version's signature. */
export class SignatureStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  async find(
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

  async save(
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
}
