import { randomUUID } from 'node:crypto';
import { keepLeases, type KeptLeases, type Lease } from '@downstage/node';
import type { Knex } from 'knex';
import type { PickleFindings } from './pickles/pickles';

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

/** Told in the transaction that keeps what was found. */
export type OnRead = (
  tx: Knex.Transaction,
  key: { name: string; version: number },
  readAt: string,
) => Promise<void>;

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
  readonly #onRead: OnRead | undefined;

  constructor(knex: Knex, options: { onRead?: OnRead } = {}) {
    this.#knex = knex;
    this.#onRead = options.onRead;
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
  ): Promise<Lease | undefined> {
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

  /** Keeps what was found, and tells of it in the same transaction. */
  async save(lease: Lease, found: FilesFound): Promise<boolean> {
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
      const key = { name: row.name, version: row.version };
      await this.#onRead?.(tx, key, readAt);
      return true;
    });
  }

  /** Renews the lease of one that reads. */
  keep(
    lease: Lease,
    options: Omit<Parameters<typeof keepLeases>[1], 'table' | 'held'>,
  ): KeptLeases {
    return keepLeases(this.#knex, {
      ...options,
      table: 'version_files',
      held: () => [lease],
    });
  }

  /** Lets another try after a failure. */
  async release(lease: Lease, again: Date): Promise<void> {
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
