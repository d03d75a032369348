import type { Knex } from 'knex';
import type { Sql } from '../kernel/database/sql';
import { readPage, type OrderTerm } from '../search/keyset';
import type { Assessment, AssessmentStore } from './AssessmentStore';
import {
  chunks,
  experimentNumbers,
  forUpdate,
  groupBy,
  optional,
  optionalNumber,
  toNumber,
  type Database,
} from '../kernel/database/database';

/** A trace without its spans; times are milliseconds. */
export type TraceInfo = {
  traceId: string;
  experimentId: string;
  requestTime: number;
  executionMs?: number;
  state: string;
  clientRequestId?: string;
  requestPreview?: string;
  responsePreview?: string;
  /** The client said how it ended; spans no longer tell. */
  finalized: boolean;
  owner?: string;
  createdBy?: string;
};

export type Trace = TraceInfo & {
  assessments: Assessment[];
  tags: Record<string, string>;
  metadata: Record<string, string>;
};

export type StoredSpan = {
  spanId: string;
  parentId?: string;
  startedUs: number;
  /** JSON of an OpenTelemetry span. */
  content: string;
  name: string;
  type?: string;
  status: string;
  attributes: Record<string, string>;
};

type TraceRow = {
  trace_id: string;
  experiment_id: number;
  request_time: number | string;
  execution_ms: number | string | null;
  state: string;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
  finalized: boolean | number;
  owner: string | null;
  created_by: string | null;
};
type PairRow = { trace_id: string; key: string; value: string };

/** Traces, and the spans in them. Repeating a write is harmless. */
export class TraceStore {
  readonly #knex: Knex;
  readonly #assessments: AssessmentStore;

  constructor(knex: Knex, assessments: AssessmentStore) {
    this.#knex = knex;
    this.#assessments = assessments;
  }

  /** The row, made when it is new, and kept from other writers until the transaction ends. */
  async lock(tx: Knex.Transaction, fresh: TraceInfo): Promise<TraceInfo> {
    await tx('traces').insert(toRow(fresh)).onConflict('trace_id').ignore();
    const query = tx<TraceRow>('traces').where('trace_id', fresh.traceId);
    const [row] = await forUpdate(tx, query);
    return row ? toInfo(row) : fresh;
  }

  async update(tx: Knex.Transaction, info: TraceInfo): Promise<void> {
    await tx('traces').where('trace_id', info.traceId).update(toRow(info));
  }

  /** Sets pairs; where `keep`, those that are there stay. */
  async setPairs(
    db: Database,
    table: 'trace_tags' | 'trace_metadata',
    options: {
      traceId: string;
      pairs: Record<string, string>;
      keep?: boolean;
    },
  ): Promise<void> {
    const rows = Object.entries(options.pairs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ trace_id: options.traceId, key, value }));
    for (const part of chunks(rows)) {
      const insert = db(table).insert(part).onConflict(['trace_id', 'key']);
      await (options.keep ? insert.ignore() : insert.merge());
    }
  }

  /** The run that a trace says it was made in. */
  async sourceOf(db: Database, traceId: string): Promise<string | undefined> {
    const row: { value: string } | undefined = await db('trace_metadata')
      .where({ trace_id: traceId, key: 'mlflow.sourceRun' })
      .first('value');
    return row?.value;
  }

  async deleteTag(traceId: string, key: string): Promise<boolean> {
    const where = { trace_id: traceId, key };
    return (await this.#knex('trace_tags').where(where).delete()) > 0;
  }

  /** A span that comes again replaces what it was. */
  async putSpans(
    tx: Knex.Transaction,
    traceId: string,
    spans: StoredSpan[],
  ): Promise<void> {
    const byId = new Map(spans.map(span => [span.spanId, span]));
    const rows = [...byId.values()]
      .sort((a, b) => (a.spanId < b.spanId ? -1 : 1))
      .map(span => ({
        trace_id: traceId,
        span_id: span.spanId,
        parent_id: span.parentId,
        started_us: span.startedUs,
        content: span.content,
        name: span.name,
        type: span.type,
        status: span.status,
      }));
    for (const part of chunks(rows, 50)) {
      await tx('spans')
        .insert(part)
        .onConflict(['trace_id', 'span_id'])
        .merge();
    }
    for (const part of chunks([...byId.keys()])) {
      await tx('span_attributes')
        .where('trace_id', traceId)
        .whereIn('span_id', part)
        .delete();
    }
    const attributes = [...byId.values()].flatMap(span =>
      Object.entries(span.attributes).map(([key, value]) => ({
        trace_id: traceId,
        span_id: span.spanId,
        key,
        value,
      })),
    );
    for (const part of chunks(attributes)) {
      await tx('span_attributes').insert(part);
    }
  }

  async findInfo(traceId: string): Promise<TraceInfo | undefined> {
    const row = await this.#knex<TraceRow>('traces')
      .where('trace_id', traceId)
      .first();
    return row && toInfo(row);
  }

  /** Those that are there, in the order asked for. */
  async findAll(traceIds: string[]): Promise<Trace[]> {
    const found = new Map<string, Trace>();
    for (const ids of chunks(traceIds)) {
      const rows = await this.#knex<TraceRow>('traces').whereIn(
        'trace_id',
        ids,
      );
      for (const trace of await this.#withPairs(rows.map(toInfo))) {
        found.set(trace.traceId, trace);
      }
    }
    return [...new Set(traceIds)].flatMap(id => found.get(id) ?? []);
  }

  /** JSON of every span of a trace, in the order they began. */
  async spansOf(traceId: string): Promise<string[]> {
    const rows: { content: string }[] = await this.#knex('spans')
      .where('trace_id', traceId)
      .orderBy(['started_us', 'span_id'])
      .select('content');
    return rows.map(row => row.content);
  }

  async search(options: {
    experimentIds: string[];
    where: Sql[];
    terms: OrderTerm[];
    pageToken?: string;
    limit: number;
  }): Promise<{ traces: Trace[]; nextPageToken?: string }> {
    const query = this.#knex('traces')
      .select('traces.*')
      .whereIn('experiment_id', experimentNumbers(options.experimentIds));
    for (const { sql, bindings } of options.where)
      query.whereRaw(sql, bindings);
    const page = await readPage<TraceRow>({
      ...options,
      database: this.#knex,
      query,
    });
    return {
      traces: await this.#withPairs(page.rows.map(toInfo)),
      nextPageToken: page.nextPageToken,
    };
  }

  /** Deletes traces with all that belongs to them, the oldest first, and says how many. */
  async delete(options: {
    experimentId: string;
    before?: number;
    traceIds?: string[];
    limit?: number;
  }): Promise<number> {
    const query = this.#knex('traces')
      .whereIn('experiment_id', experimentNumbers([options.experimentId]))
      .orderBy(['request_time', 'trace_id'])
      .select<{ trace_id: string }[]>('trace_id');
    if (options.before !== undefined)
      query.where('request_time', '<=', options.before);
    if (options.traceIds) query.whereIn('trace_id', options.traceIds);
    if (options.limit !== undefined) query.limit(options.limit);
    const ids = (await query).map(row => row.trace_id);
    for (const part of chunks(ids, 500)) {
      await this.#knex('traces').whereIn('trace_id', part).delete();
    }
    return ids.length;
  }

  async #withPairs(infos: TraceInfo[]): Promise<Trace[]> {
    const traces: Trace[] = [];
    for (const part of chunks(infos, 500)) {
      const ids = part.map(info => info.traceId);
      const pairsOf = async (table: string) =>
        groupBy<PairRow>(
          await this.#knex(table)
            .whereIn('trace_id', ids)
            .orderBy(['trace_id', 'key']),
          row => row.trace_id,
        );
      const tags = await pairsOf('trace_tags');
      const metadata = await pairsOf('trace_metadata');
      const assessments = await this.#assessments.ofTraces(ids);
      for (const info of part) {
        traces.push({
          ...info,
          assessments: assessments.get(info.traceId) ?? [],
          tags: record(tags.get(info.traceId)),
          metadata: record(metadata.get(info.traceId)),
        });
      }
    }
    return traces;
  }
}

function record(rows: PairRow[] = []): Record<string, string> {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}

function toRow(info: TraceInfo) {
  return {
    trace_id: info.traceId,
    experiment_id: Number(info.experimentId),
    request_time: info.requestTime,
    execution_ms: info.executionMs ?? null,
    state: info.state,
    client_request_id: info.clientRequestId ?? null,
    request_preview: info.requestPreview ?? null,
    response_preview: info.responsePreview ?? null,
    finalized: info.finalized,
    owner: info.owner ?? null,
    created_by: info.createdBy ?? null,
  };
}

function toInfo(row: TraceRow): TraceInfo {
  return {
    traceId: row.trace_id,
    experimentId: String(row.experiment_id),
    requestTime: toNumber(row.request_time),
    executionMs: optionalNumber(row.execution_ms),
    state: row.state,
    clientRequestId: optional(row.client_request_id),
    requestPreview: optional(row.request_preview),
    responsePreview: optional(row.response_preview),
    finalized: Boolean(row.finalized),
    owner: optional(row.owner),
    createdBy: optional(row.created_by),
  };
}
