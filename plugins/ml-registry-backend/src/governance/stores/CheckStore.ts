import {
  gateVerdictSchema,
  type GateVerdict,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { ModelFile } from '../../versions/domain/signature';
import { chunks } from '../../kernel/database/database';

export type VersionCheck = {
  id: string;
  name: string;
  version: number;
  announced: boolean;
  looks: number;
};

/** What the gates said when they were last asked. */
export type StoredVerdicts = {
  gates: GateVerdict[];
  /** Fingerprint of what they saw. */
  basis: string;
  at: string;
  file: ModelFile;
};

const gatesSchema = z.array(gateVerdictSchema);

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
      .whereRaw("NOT check_opened AND status = 'READY'")
      .select('name', 'version')
      .limit(200);
    if (!rows.length) return 0;
    await this.#knex.transaction(async tx => {
      const due = rows.map(({ name, version }) => ({
        id: `${name}@${version}`,
        name,
        version,
        next_reconcile_at: now.toISOString(),
      }));
      await tx('version_checks').insert(due).onConflict('id').ignore();
      await tx('version_files').insert(due).onConflict().ignore();
      for (const key of rows) {
        await tx('model_versions').where(key).update({ check_opened: true });
      }
    });
    return rows.length;
  }

  async find(id: string): Promise<VersionCheck | undefined> {
    const row:
      | (Omit<VersionCheck, 'announced'> & { announced: boolean | number })
      | undefined = await this.#knex('version_checks').where({ id }).first();
    return row && { ...row, announced: Boolean(row.announced) };
  }

  /** Written at once: what comes after may be taken over by another look. */
  async noteAnnounced(id: string): Promise<void> {
    await this.#knex('version_checks')
      .where({ id })
      .update({ announced: true });
  }

  /** What was stored of these versions; nothing of those that were never looked at. */
  async verdicts(
    name: string,
    versions: number[],
  ): Promise<Map<number, StoredVerdicts>> {
    const found = new Map<number, StoredVerdicts>();
    for (const part of chunks(versions, 500)) {
      const rows: {
        version: number;
        verdicts: string | null;
        verdicts_basis: string | null;
        verdicts_at: string | null;
        model_file: string | null;
      }[] = await this.#knex('version_checks')
        .where({ name })
        .whereIn('version', part)
        .whereNotNull('verdicts');
      for (const row of rows) {
        found.set(row.version, {
          gates: gatesSchema.parse(JSON.parse(row.verdicts ?? '[]')),
          basis: row.verdicts_basis ?? '',
          at: row.verdicts_at ?? '',
          file: JSON.parse(row.model_file ?? '{"flavors":[]}'),
        });
      }
    }
    return found;
  }

  async saveVerdicts(id: string, stored: StoredVerdicts): Promise<void> {
    await this.#knex('version_checks')
      .where({ id })
      .update({
        verdicts: JSON.stringify(stored.gates),
        verdicts_basis: stored.basis,
        verdicts_at: stored.at,
        model_file: JSON.stringify(stored.file),
      });
  }

  /** Has these versions looked at soon. Those that wait for a look anyway are left as they are. */
  async markDue(name: string, versions: number[], now: Date): Promise<void> {
    const at = now.toISOString();
    for (const part of chunks(versions, 500)) {
      await this.#knex('version_checks')
        .where({ name })
        .whereIn('version', part)
        .where(later =>
          later
            .whereNull('next_reconcile_at')
            .orWhere('next_reconcile_at', '>', at),
        )
        .update({ next_reconcile_at: at });
    }
  }
}
