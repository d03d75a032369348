import {
  windowSchema,
  windowSummarySchema,
  type Window,
  type WindowSummary,
} from '@downstage/plugin-ml-monitoring-common';
import type { Knex } from 'knex';
import { verdicts } from '../domain/hasVerdict';

type WindowRow = {
  id: string;
  model_ref: string;
  monitor_id: string;
  kind: string;
  version: number;
  from_at: string | null;
  to_at: string | null;
  rows: number | string;
  status: string;
  message: string;
  trigger: string;
  max_psi: number | null;
  max_column: string | null;
  drifted_columns: string;
  epsilon: number;
  columns: string;
  signals: string;
  created_at: string;
};

const summaryColumns = [
  'id',
  'model_ref',
  'monitor_id',
  'kind',
  'version',
  'from_at',
  'to_at',
  'rows',
  'status',
  'message',
  'trigger',
  'max_psi',
  'max_column',
  'drifted_columns',
  'created_at',
];

/** Closed windows. They never change. */
export class WindowStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async get(id: string): Promise<Window | undefined> {
    const row: WindowRow | undefined = await this.#knex('windows')
      .where({ id })
      .first();
    return (
      row &&
      windowSchema.parse({
        ...toSummary(row),
        epsilon: row.epsilon,
        columns: JSON.parse(row.columns),
        signals: JSON.parse(row.signals),
      })
    );
  }

  /** Newest first. */
  async list(
    monitorId: string,
    page: { after?: { createdAt: string; id: string }; limit: number },
  ): Promise<WindowSummary[]> {
    const { after, limit } = page;
    const rows: WindowRow[] = await this.#knex('windows')
      .where({ monitor_id: monitorId })
      .modify(query => {
        if (!after) return;
        query.whereRaw('(created_at < ? OR (created_at = ? AND id < ?))', [
          after.createdAt,
          after.createdAt,
          after.id,
        ]);
      })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit)
      .select(summaryColumns);
    return rows.map(row => windowSummarySchema.parse(toSummary(row)));
  }

  async summaries(ids: string[]): Promise<Map<string, WindowSummary>> {
    const rows: WindowRow[] = await this.#knex('windows')
      .whereIn('id', ids)
      .select(summaryColumns);
    return new Map(
      rows.map(row => [row.id, windowSummarySchema.parse(toSummary(row))]),
    );
  }

  /** Of a version, the newest window with a verdict; without one the newest that a detector has judged. */
  async lastJudged(
    monitorId: string,
    version: number,
  ): Promise<WindowSummary | undefined> {
    const row: WindowRow | undefined = await this.#knex('windows')
      .where({ monitor_id: monitorId, version })
      .whereNot({ status: 'unknown' })
      .orderByRaw(
        `CASE WHEN status IN (${verdicts.map(
          () => '?',
        )}) THEN 0 ELSE 1 END, created_at DESC, id DESC`,
        [...verdicts],
      )
      .first(summaryColumns);
    return row && windowSummarySchema.parse(toSummary(row));
  }

  async insert(tx: Knex.Transaction, window: Window): Promise<void> {
    await tx('windows').insert({
      id: window.id,
      model_ref: window.monitorRef,
      monitor_id: window.monitorId,
      kind: window.kind,
      version: window.version,
      from_at: window.from ?? null,
      to_at: window.to ?? null,
      rows: window.rows,
      status: window.status,
      message: window.message,
      trigger: window.trigger,
      max_psi: window.maxPsi ?? null,
      max_column: window.maxColumn ?? null,
      drifted_columns: JSON.stringify(window.driftedColumns),
      epsilon: window.epsilon,
      columns: JSON.stringify(window.columns),
      signals: JSON.stringify(window.signals),
      created_at: window.createdAt,
    });
  }

  /** Forgets the oldest windows of a monitor beyond `keep`. */
  async prune(monitorId: string, keep: number): Promise<number> {
    const oldest = await this.#knex('windows')
      .where({ monitor_id: monitorId })
      .orderBy('created_at', 'desc')
      .offset(keep)
      .limit(1)
      .first('created_at');
    if (!oldest) return 0;
    return this.#knex('windows')
      .where({ monitor_id: monitorId })
      .where('created_at', '<=', oldest.created_at)
      .delete();
  }
}

function toSummary(row: WindowRow) {
  return {
    id: row.id,
    monitorRef: row.model_ref,
    monitorId: row.monitor_id,
    kind: row.kind,
    version: row.version,
    from: row.from_at ?? undefined,
    to: row.to_at ?? undefined,
    rows: Number(row.rows),
    status: row.status,
    message: row.message,
    trigger: row.trigger,
    maxPsi: row.max_psi ?? undefined,
    maxColumn: row.max_column ?? undefined,
    driftedColumns: JSON.parse(row.drifted_columns),
    createdAt: row.created_at,
  };
}
