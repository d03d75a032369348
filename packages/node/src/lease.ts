import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';

/** The right to work on one row until it falls due again; the ticket proves it. */
export type Lease = { id: string; ticket: string };

/**
 * Claims rows that are due and pushes their `next_reconcile_at` forward by the lease,
 * so that work lost to a crash becomes due again by itself.
 *
 * @remarks
 * The table has the columns `id`, `next_reconcile_at` (ISO text, null for never) and `ticket`. Two replicas
 * on PostgreSQL never claim the same row; SQLite has one writer.
 */
export async function claimDue(
  knex: Knex,
  options: {
    table: string;
    limit: number;
    leaseMs: number;
    now: Date;
    /** Narrows what is claimed, where not every replica can work on every row. */
    only?: (due: Knex.QueryBuilder) => void;
  },
): Promise<Lease[]> {
  const { table, limit, leaseMs, now, only } = options;
  const ticket = randomUUID();
  const until = new Date(now.getTime() + leaseMs).toISOString();
  return knex.transaction(async tx => {
    const due = tx(table)
      .select('id')
      .where('next_reconcile_at', '<=', now.toISOString())
      .orderBy('next_reconcile_at')
      .limit(limit);
    only?.(due);
    if (String(knex.client.config.client) === 'pg')
      due.forUpdate().skipLocked();
    const ids: string[] = (await due).map(row => row.id);
    if (!ids.length) return [];
    await tx(table)
      .whereIn('id', ids)
      .update({ next_reconcile_at: until, ticket });
    return ids.map(id => ({ id, ticket }));
  });
}

/** Writes only while the lease is still ours; a late writer changes nothing and is told so. */
export async function commitWithLease(
  knex: Knex,
  options: { table: string; lease: Lease; patch: Record<string, unknown> },
): Promise<boolean> {
  const { table, lease, patch } = options;
  const changed = await knex(table)
    .where({ id: lease.id, ticket: lease.ticket })
    .update(patch);
  return changed === 1;
}
