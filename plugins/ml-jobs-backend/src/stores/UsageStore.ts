import { visiblePage, whereFacts, type FactCriteria } from '@downstage/node';
import type { JobUsage } from '@downstage/plugin-ml-jobs-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import { factsOf } from '../domain/factsOf';
import type { Used } from '../domain/usageOf';
import { readCursor, writeCursor } from './cursor';

const factColumns = { owner: 'owner', namespace: 'namespace', model: 'model' };

const usageRowSchema = z
  .object({
    id: z.number(),
    at: z.string(),
    owner: z.string(),
    model: z.string().nullish(),
    job_id: z.string(),
    attempt: z.number(),
    runtime: z.string(),
    resource: z.enum(['cpu', 'gpu', 'slot']),
    amount: z.number(),
    unit: z.string(),
  })
  .transform(({ job_id: job, model, ...row }) => ({
    ...row,
    job,
    model: model ?? undefined,
  }));
type UsageRow = z.infer<typeof usageRowSchema>;

/**
 * Adds what an attempt used, in the transaction that ends it. An attempt that two portals end, or one portal twice, has
 * its figures once: the first ones stay.
 */
export async function addUsage(
  tx: Knex.Transaction,
  job: { id: string; attempt: number },
  usage: { at: string; used: readonly Used[] },
): Promise<void> {
  if (!usage.used.length) return;
  const { owner, model, runtime, queue } = await tx('jobs')
    .where({ id: job.id })
    .first('owner', 'model', 'runtime', 'queue');
  await tx('job_usage')
    .insert(
      usage.used.map(used => ({
        ...{ at: usage.at, owner, model, runtime, queue },
        namespace:
          factsOf({ owner, model: model ?? undefined }).namespace ?? null,
        job_id: job.id,
        attempt: job.attempt,
        ...used,
      })),
    )
    .onConflict(['job_id', 'attempt', 'resource'])
    .ignore();
}

/** What owners have used of each queue since a moment, in hours. One owner and queue may come several times. */
export async function spentSince(
  knex: Knex,
  since: string,
): Promise<{ queue: string; owner: string; used: Record<string, number> }[]> {
  const ended = knex('job_usage as used')
    .leftJoin('job_attempts as attempts', on =>
      on
        .on('attempts.job_id', 'used.job_id')
        .andOn('attempts.number', 'used.attempt'),
    )
    .where('used.at', '>=', since)
    .whereIn('used.resource', ['cpu', 'gpu']);
  const whole: Record<string, unknown>[] = await ended
    .clone()
    .where(began =>
      began
        .whereNull('attempts.started_at')
        .orWhere('attempts.started_at', '>=', since),
    )
    .select('used.queue', 'used.owner', 'used.resource')
    .sum({ seconds: 'used.amount' })
    .groupBy('used.queue', 'used.owner', 'used.resource');
  // Of an attempt that began before, the part since then counts. There are as many as ran at that moment.
  const parts: Record<string, unknown>[] = await ended
    .clone()
    .where('attempts.started_at', '<', since)
    .select('used.queue', 'used.owner', 'used.resource', 'used.at')
    .select({ started: 'attempts.started_at', seconds: 'used.amount' });
  const partOf = ({ started, at }: Record<string, unknown>) => {
    if (started === undefined) return 1;
    const end = Date.parse(String(at));
    return (
      (end - Date.parse(since)) / Math.max(1, end - Date.parse(String(started)))
    );
  };
  return [...whole, ...parts].map(row => ({
    queue: String(row.queue),
    owner: String(row.owner),
    used: {
      [`${row.resource}Hours`]: (Number(row.seconds) * partOf(row)) / 3600,
    },
  }));
}

/** Reads what attempts used. */
export class UsageStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** The last that ended first. The cursor is the place after the last one, so new rows do not shift pages. */
  async list(filter: {
    owner?: string;
    /** From this moment on. */
    from?: string;
    /** Before this moment. */
    to?: string;
    cursor?: string;
    limit: number;
    criteria?: FactCriteria;
    /** Leaves out rows that SQL cannot know to be hidden. */
    visible: (rows: UsageRow[]) => Promise<UsageRow[]>;
  }): Promise<{ items: JobUsage[]; nextCursor?: string }> {
    const from = filter.cursor
      ? readCursor(filter.cursor, /^\d{1,9}$/)
      : undefined;
    const { items, last } = await visiblePage<UsageRow>({
      limit: filter.limit,
      read: (after, count) =>
        this.#rows(
          filter,
          after ? { at: after.at, id: String(after.id) } : from,
          count,
        ),
      visible: filter.visible,
    });
    return {
      items: items.map(({ id: _, ...usage }) => usage),
      ...(last && {
        nextCursor: writeCursor({ at: last.at, id: String(last.id) }),
      }),
    };
  }

  async #rows(
    filter: {
      owner?: string;
      from?: string;
      to?: string;
      criteria?: FactCriteria;
    },
    after: { at: string; id: string } | undefined,
    count: number,
  ): Promise<UsageRow[]> {
    const query = this.#knex('job_usage')
      .orderBy([
        { column: 'at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(count);
    if (filter.owner) query.where('owner', filter.owner);
    if (filter.from) query.where('at', '>=', filter.from);
    if (filter.to) query.where('at', '<', filter.to);
    if (after) {
      const { at, id } = after;
      query.where(place =>
        place
          .where('at', '<', at)
          .orWhere(same =>
            same.where('at', at).andWhere('id', '<', Number(id)),
          ),
      );
    }
    const rows = await whereFacts(query, filter.criteria, factColumns);
    return rows.map(row => usageRowSchema.parse(row));
  }
}
