import { randomUUID } from 'node:crypto';
import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';

/** The right to work on one row until it falls due again; the ticket proves it. */
export type Lease = { id: string; ticket: string };

/**
 * Claims rows that are due and pushes their `next_reconcile_at` forward by the lease. So work lost to a crash becomes
 * due again by itself.
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
  const until = endOf(now, leaseMs);
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

/** Leases that are renewed. */
export type KeptLeases = {
  /** Ends it, when the work has ended. */
  stop(): void;
  /** One renewal, awaited; what happens at each interval. For tests. */
  renew(): Promise<void>;
};

/**
 * Renews leases for as long as their work goes on. So they can be short, and a crash holds up nothing for long.
 *
 * @remarks
 * Only what the claim or a renewal wrote is renewed. A row that its work has written, or that somebody else has made due,
 * stays as it is. A renewal that fails is made up for by the next one.
 */
export function keepLeases(
  knex: Knex,
  options: {
    table: string;
    /** Those that are still worked on, asked at each renewal. */
    held: () => Lease[];
    claimedAt: Date;
    /** How long one lease is, as it was claimed. */
    leaseMs: number;
    /** Work that takes longer is taken for work that hangs: another may take over. */
    mostMs: number;
    clock: Clock;
  },
): KeptLeases {
  const { table, held, claimedAt, leaseMs, mostMs, clock } = options;
  const last = claimedAt.getTime() + mostMs;
  // More than one while it is not known whether a renewal came through.
  let written = [endOf(claimedAt, leaseMs)];
  const renew = async () => {
    const leases = held();
    const now = clock();
    const next = endOf(now, Math.min(leaseMs, last - now.getTime()));
    if (!leases.length || next <= written[0]) return;
    written = [...written, next];
    await commitManyWithLease(knex, {
      ...{ table, leases, patch: { next_reconcile_at: next } },
      only: rows => rows.whereIn('next_reconcile_at', written),
    });
    written = [next];
  };
  const timer = setInterval(() => renew().catch(() => {}), leaseMs / 4);
  timer.unref();
  return { renew, stop: () => clearInterval(timer) };
}

function endOf(now: Date, leaseMs: number): string {
  return new Date(now.getTime() + leaseMs).toISOString();
}

/**
 * What an update writes to make a row due.
 *
 * @remarks
 * A look under way has seen an older state. Without its ticket its result is dropped, so it cannot push the next look
 * away.
 */
export function dueFrom(at: string): {
  next_reconcile_at: string;
  ticket: null;
} {
  return { next_reconcile_at: at, ticket: null };
}

/** Writes one thing into many rows, those whose lease is still ours. */
export async function commitManyWithLease(
  knex: Knex,
  options: {
    table: string;
    leases: Lease[];
    patch: Record<string, unknown>;
    /** Narrows what is written. */
    only?: (rows: Knex.QueryBuilder) => void;
  },
): Promise<number> {
  const { table, leases, patch, only } = options;
  if (!leases.length) return 0;
  const rows = knex(table).whereIn(
    ['id', 'ticket'],
    leases.map(({ id, ticket }) => [id, ticket]),
  );
  only?.(rows);
  return rows.update(patch);
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
