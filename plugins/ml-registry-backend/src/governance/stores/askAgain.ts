import { dueFrom } from '@downstage/node';
import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';

/** Whatever is worth an entry of the ledger may change what gates say. */
export async function askAfterEntry(
  tx: Knex.Transaction,
  { name, version, at }: LedgerEntry,
): Promise<void> {
  if (version === undefined) return;
  await tx('version_checks').where({ name, version }).update(dueFrom(at));
}

/** When the files of a version were read, its gates and its open promotions are asked again. */
export async function askAfterReading(
  tx: Knex.Transaction,
  key: { name: string; version: number },
  readAt: string,
): Promise<void> {
  const due = dueFrom(readAt);
  await tx('version_checks').where(key).update(due);
  await tx('promotions')
    .where({ ...key, state: 'checking' })
    .update(due);
}
