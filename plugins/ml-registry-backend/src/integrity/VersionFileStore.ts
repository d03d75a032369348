import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { PickleFindings } from '../domain/pickles';

/** What reading all files of a version found. */
export type FilesFound = {
  /** Of the list of files that were read. */
  digest: string;
  count: number;
  changed: string[];
  unrecorded: string[];
  pickles: PickleFindings[];
  readAt: string;
};

type Key = { name: string; version: number };
type Row = Key & {
  id: string;
  digest: string | null;
  found: string | null;
  read_at: string | null;
};

/** What was found in the files of versions, and who reads them now. */
export class VersionFileStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async find({ name, version }: Key): Promise<FilesFound | undefined> {
    const row: Row | undefined = await this.#knex('version_files')
      .where({ name, version })
      .first();
    if (!row?.found || !row.digest || !row.read_at) return undefined;
    return {
      ...JSON.parse(row.found),
      digest: row.digest,
      readAt: row.read_at,
    };
  }

  /** The version that a row is about. */
  async keyOf(id: string): Promise<Key | undefined> {
    const row: Row | undefined = await this.#knex('version_files')
      .where({ id })
      .first();
    return row && { name: row.name, version: row.version };
  }

  /** Has the files of a version read soon. */
  async markDue({ name, version }: Key, now: Date): Promise<void> {
    await this.#open({ name, version });
    await this.#knex('version_files')
      .where({ name, version })
      .whereNull('next_reconcile_at')
      .update({ next_reconcile_at: now.toISOString() });
  }

  /** The right to read the files of one version now; `undefined` while somebody else reads them. */
  async claim(
    { name, version }: Key,
    options: { now: Date; leaseMs: number },
  ): Promise<{ id: string; ticket: string } | undefined> {
    const { now, leaseMs } = options;
    await this.#open({ name, version });
    const ticket = randomUUID();
    const [row]: { id: string }[] = await this.#knex('version_files')
      .where({ name, version })
      .where(due =>
        due
          .whereNull('next_reconcile_at')
          .orWhere('next_reconcile_at', '<=', now.toISOString()),
      )
      .update({
        ticket,
        next_reconcile_at: new Date(now.getTime() + leaseMs).toISOString(),
      })
      .returning('id');
    return row && { id: row.id, ticket };
  }

  /** Keeps what was found, and has the gates and open promotions of the version asked again. */
  async save(
    lease: { id: string; ticket: string },
    found: FilesFound,
  ): Promise<boolean> {
    const { digest, readAt, ...rest } = found;
    return this.#knex.transaction(async tx => {
      const [row]: Key[] = await tx('version_files')
        .where(lease)
        .update({
          digest,
          found: JSON.stringify(rest),
          read_at: readAt,
          next_reconcile_at: null,
        })
        .returning(['name', 'version']);
      if (!row) return false;
      const due = { next_reconcile_at: readAt, ticket: null };
      const key = { name: row.name, version: row.version };
      await tx('version_checks').where(key).update(due);
      await tx('promotions')
        .where({ ...key, state: 'checking' })
        .update(due);
      return true;
    });
  }

  /** Lets another try after a failure. */
  async release(
    lease: { id: string; ticket: string },
    again: Date,
  ): Promise<void> {
    await this.#knex('version_files')
      .where(lease)
      .update({ next_reconcile_at: again.toISOString() });
  }

  async #open({ name, version }: Key) {
    await this.#knex('version_files')
      .insert({ id: `${name}@${version}`, name, version })
      .onConflict()
      .ignore();
  }
}
