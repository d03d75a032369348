import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import {
  chunks,
  isPostgres,
  toNumber,
  type Database,
} from '../kernel/database/database';

export type ArtifactRow = { path: string; size: number; sha256: string };

/** What was uploaded, as received. Files are found by the hash of their path, folders by range. */
export class ArtifactRowStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async save(
    row: ArtifactRow & { createdAt: number; createdBy: string },
  ): Promise<void> {
    await this.#knex('artifacts')
      .insert({
        path_sha256: pathKey(row.path),
        path: row.path,
        size: row.size,
        sha256: row.sha256,
        created_at: row.createdAt,
        created_by: row.createdBy,
      })
      .onConflict('path_sha256')
      .merge();
  }

  async find(paths: string[]): Promise<ArtifactRow[]> {
    const rows: ArtifactRow[] = [];
    for (const part of chunks(paths.map(pathKey), 500)) {
      const found = await this.#knex('artifacts')
        .whereIn('path_sha256', part)
        .select('path', 'size', 'sha256');
      rows.push(...found.map(row => ({ ...row, size: toNumber(row.size) })));
    }
    return rows;
  }

  /** Forgets a file, and every file below a folder of that name. */
  async delete(path: string, db: Database = this.#knex): Promise<void> {
    await db('artifacts').where('path_sha256', pathKey(path)).delete();
    await db('artifacts')
      .whereRaw(...this.#below(path))
      .delete();
  }

  async sizeBelow(folder: string): Promise<{ files: number; bytes: number }> {
    const [row] = await this.#knex('artifacts')
      .whereRaw(...this.#below(folder))
      .select(
        this.#knex.raw('COUNT(*) AS files, COALESCE(SUM(size), 0) AS bytes'),
      );
    return { files: toNumber(row.files), bytes: toNumber(row.bytes) };
  }

  /** By range on the index of the first 200 characters, exact where a folder is longer. */
  #below(folder: string): [string, string[]] {
    const collation = isPostgres(this.#knex) ? ' COLLATE "C"' : '';
    const start = `${folder}/`.slice(0, 200);
    const key = `substr(path, 1, 200)${collation}`;
    return [
      `${key} >= ? AND ${key} < ? AND substr(path, 1, length(CAST(? AS text))) = CAST(? AS text)`,
      [start, `${start}\u{10ffff}`, `${folder}/`, `${folder}/`],
    ];
  }
}

/** Paths may be longer than an index takes. */
function pathKey(path: string): string {
  return createHash('sha256').update(path).digest('hex');
}
