import { setTimeout as wait } from 'node:timers/promises';
import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller, type Call } from '@downstage/node';
import type { Knex } from 'knex';
import {
  parseFilter,
  type Comparison,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import { boundSpan } from './boundSpan';
import { searchableOf, summarizeSpans, type OtlpSpan } from './spans';
import { compileComparison, compileOrder } from '../search/compile';
import { traceTables, traceVocabulary } from '../search/traceVocabulary';
import type { Experiment } from '../tracking/stores/ExperimentStore';
import type { Trace, TraceInfo, TraceStore } from './TraceStore';
import { checkActive } from '../tracking/ExperimentService';
import { SOURCE_RUN, USER_TAG } from '../kernel/tags';
import { isService } from '../access/TrackingAccess';
import type { TrackingDeps } from '../tracking/trackingDeps';
import { checkLength, limits, truncate } from '../kernel/validation';
import { withheldTraces } from './withheldTraces';

const TRACE_NAME = 'mlflow.traceName';
const SIZE_STATS = 'mlflow.trace.sizeStats';
/** Clients read from it that spans are asked from us, not from files. */
const SPANS_LOCATION = 'mlflow.trace.spansLocation';
const ARTIFACT_LOCATION = 'mlflow.artifactLocation';
const SERVER_TAGS = [SPANS_LOCATION, ARTIFACT_LOCATION];
/** Everything that is an id of a trace. */
export const TRACE_ID = /^[\w-]{1,100}$/;
const PREVIEW = 10_000;

/** What a client says about a trace of its own. */
export type StartedTrace = Omit<
  TraceInfo,
  'finalized' | 'owner' | 'createdBy'
> & {
  tags: Record<string, string>;
  metadata: Record<string, string>;
};

/** A trace and the JSON of its spans. */
export type TraceWithSpans = { trace: Trace; spans: string[] };

/**
 * Traces: the client tells of a trace when it ended. It sends the spans on
 * their own, before or after, perhaps twice. Both orders end the same.
 */
export class TraceService {
  readonly #deps: TraceDeps;

  constructor(deps: TraceDeps) {
    this.#deps = deps;
  }

  /** Takes what the client says; what spans told before gives way to it. */
  async start(started: StartedTrace, { caller }: Call): Promise<Trace> {
    const { traces, knex } = this.#deps;
    const experiment = await this.#forTrack(caller, started.experimentId);
    const owner = await this.#ownerIn(experiment, caller);
    if (!TRACE_ID.test(started.traceId)) {
      throw new InputError(
        `Invalid trace ID '${started.traceId.slice(0, 120)}'`,
      );
    }
    await this.#checkOwn(caller, [started.traceId]);
    const { tags, metadata, ...info } = started;
    await knex.transaction(async tx => {
      const known = await traces.lock(tx, {
        ...info,
        finalized: true,
        owner,
        createdBy: makerOf(caller),
      });
      await traces.update(tx, {
        ...known,
        requestTime: info.requestTime,
        executionMs: info.executionMs ?? known.executionMs,
        state: info.state,
        clientRequestId: info.clientRequestId ?? known.clientRequestId,
        requestPreview: cut(info.requestPreview) ?? known.requestPreview,
        responsePreview: cut(info.responsePreview) ?? known.responsePreview,
        finalized: true,
      });
      await this.#keepSource(tx, info.traceId, metadata[SOURCE_RUN]);
      await traces.setPairs(tx, 'trace_tags', {
        traceId: info.traceId,
        pairs: { ...bound(tags), ...serverTags(experiment, info.traceId) },
      });
      await traces.setPairs(tx, 'trace_metadata', {
        traceId: info.traceId,
        pairs: {
          ...bound(metadata),
          [USER_TAG]: userOf(caller, metadata[USER_TAG]),
        },
      });
    });
    const trace = await this.#require(started.traceId);
    // The trace may be there already, with content that its writer may not read.
    return (await this.#shown([trace], caller)).traces[0];
  }

  /** Refuses another run than the one it was made in: the data of that run decides who reads the trace. */
  async #keepSource(
    tx: Knex.Transaction,
    traceId: string,
    runId: string | undefined,
  ): Promise<void> {
    if (runId === undefined) return;
    const known = await this.#deps.traces.sourceOf(tx, traceId);
    if (known === undefined || known === runId) return;
    throw new InputError(
      `The metadata '${SOURCE_RUN}' of trace ${traceId} is '${known}' and cannot be changed to '${runId.slice(
        0,
        120,
      )}'`,
    );
  }

  /** Keeps spans, of several traces perhaps; all of them or none. */
  async addSpans(
    request: { experimentId: string; runId?: string; spans: OtlpSpan[] },
    { caller }: Call,
  ): Promise<void> {
    const { traces, knex } = this.#deps;
    const experiment = await this.#forTrack(caller, request.experimentId);
    const owner = await this.#ownerIn(experiment, caller);
    const byTrace = new Map<string, OtlpSpan[]>();
    for (const span of request.spans) {
      const id = traceIdOf(span);
      byTrace.set(id, [...(byTrace.get(id) ?? []), span]);
    }
    await this.#checkOwn(caller, [...byTrace.keys()]);
    const sorted = [...byTrace].sort(([a], [b]) => (a < b ? -1 : 1));
    await knex.transaction(async tx => {
      for (const [traceId, spans] of sorted) {
        const { startedAt, endedAt, root } = summarizeSpans(spans);
        const known = await traces.lock(tx, {
          traceId,
          experimentId: experiment.experimentId,
          requestTime: startedAt,
          state: 'IN_PROGRESS',
          finalized: false,
          owner,
          createdBy: makerOf(caller),
        });
        await traces.putSpans(tx, traceId, spans.map(toStored));
        await traces.setPairs(tx, 'trace_tags', {
          traceId,
          keep: true,
          pairs: {
            ...bound(root?.tags ?? {}),
            ...(root && bound({ [TRACE_NAME]: root.name })),
            ...serverTags(experiment, traceId),
          },
        });
        await traces.setPairs(tx, 'trace_metadata', {
          traceId,
          keep: true,
          pairs: {
            [USER_TAG]: userOf(caller),
            ...(root && request.runId && { [SOURCE_RUN]: request.runId }),
            ...(root?.session && { 'mlflow.trace.session': root.session }),
            ...(root?.user && { 'mlflow.trace.user': root.user }),
          },
        });
        if (known.finalized) continue;
        const begin = Math.min(known.requestTime, startedAt);
        const end = Math.max(
          endedAt ?? 0,
          known.requestTime + (known.executionMs ?? 0),
        );
        await traces.update(tx, {
          ...known,
          requestTime: begin,
          executionMs: end > begin ? end - begin : known.executionMs,
          state: root?.state ?? known.state,
          requestPreview: known.requestPreview ?? root?.request,
          responsePreview: known.responsePreview ?? root?.response,
        });
      }
    });
  }

  async getInfo(traceId: string, { caller }: Call): Promise<Trace> {
    await this.#requireSeen(caller, traceId);
    const trace = await this.#require(traceId);
    return (await this.#shown([trace], caller)).traces[0];
  }

  /**
   * A trace with its spans. Clients send spans in the background. Unless a part
   * will do, this waits a little for those that the client announced.
   */
  async get(
    request: { traceId: string; allowPartial: boolean },
    { caller }: Call,
  ): Promise<TraceWithSpans> {
    await this.#requireSeen(caller, request.traceId);
    await this.#deps.content.requireTrace(request.traceId, { caller });
    for (const pause of [...(this.#deps.patience ?? [500, 1000, 1500]), 0]) {
      const trace = await this.#require(request.traceId);
      const spans = await this.#deps.traces.spansOf(trace.traceId);
      if (request.allowPartial || spans.length >= announcedSpans(trace)) {
        return { trace, spans };
      }
      if (pause) await wait(pause);
    }
    throw new NotFoundError(
      `Trace with ID ${request.traceId} is not fully exported yet, please try again later.`,
    );
  }

  /** Those that are there, in the order asked for; spans as far as they came. */
  async getMany(
    request: { traceIds: string[]; experimentIds?: string[] },
    { caller }: Call,
  ): Promise<TraceWithSpans[]> {
    const found = await this.#findSeen(caller, request);
    const { traces, hidden } = await this.#shown(found, caller);
    const result: TraceWithSpans[] = [];
    for (const trace of traces) {
      const spans = hidden.has(trace.traceId)
        ? []
        : await this.#deps.traces.spansOf(trace.traceId);
      result.push({ trace, spans });
    }
    return result;
  }

  async getInfos(
    request: { traceIds: string[]; experimentIds?: string[] },
    { caller }: Call,
  ): Promise<Trace[]> {
    const found = await this.#findSeen(caller, request);
    return (await this.#shown(found, caller)).traces;
  }

  /** Without what the caller may not read of the data behind them: one question for all of them. */
  #shown(traces: Trace[], caller: Caller) {
    return withheldTraces(traces, this.#deps.content, { caller });
  }

  async #findSeen(
    caller: Caller,
    request: { traceIds: string[]; experimentIds?: string[] },
  ): Promise<Trace[]> {
    const { traces, reads } = this.#deps;
    const seen = await reads.among('traces', request.traceIds, caller);
    const found = await traces.findAll([...seen]);
    return found.filter(
      trace =>
        !request.experimentIds ||
        request.experimentIds.includes(trace.experimentId),
    );
  }

  async search(
    request: {
      experimentIds: string[];
      filter?: string;
      orderBy: string[];
      pageToken?: string;
      limit: number;
    },
    { caller }: Call,
  ): Promise<{ traces: Trace[]; nextPageToken?: string }> {
    const { content, reads, traces, knex } = this.#deps;
    const seen = await reads.where('traces', caller);
    const options = { vocabulary: traceVocabulary, tables: traceTables };
    const orders = parseOrderBy(request.orderBy, traceVocabulary);
    const comparisons = parseFilter(request.filter, traceVocabulary);
    const inside = [...comparisons, ...orders].some(looksInside);
    const readable = inside
      ? await content.whereTracesRead(request.experimentIds, { caller })
      : [];
    const page = await traces.search({
      ...request,
      where: [
        ...comparisons.map(comparison =>
          compileComparison(knex, comparison, options),
        ),
        ...seen,
        ...readable,
      ],
      terms: [
        ...orders.flatMap(order =>
          compileOrder(order, { ...options, database: knex }),
        ),
        { sql: 'traces.request_time', bindings: [], descending: true },
        { sql: 'traces.trace_id', bindings: [], descending: false },
      ],
    });
    const { traces: shown, hidden } = await this.#shown(page.traces, caller);
    return {
      ...page,
      // A trace may have come to guarded data since it was asked which to look at.
      traces: inside
        ? shown.filter(({ traceId }) => !hidden.has(traceId))
        : shown,
    };
  }

  async setTag(
    tag: { traceId: string; key: string; value: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#forWrite(caller, tag.traceId);
    checkTag(tag.key);
    await this.#deps.traces.setPairs(this.#deps.knex, 'trace_tags', {
      traceId: tag.traceId,
      pairs: bound({ [tag.key]: tag.value }),
    });
  }

  async deleteTag(
    tag: { traceId: string; key: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#forWrite(caller, tag.traceId);
    checkTag(tag.key);
    if (await this.#deps.traces.deleteTag(tag.traceId, tag.key)) return;
    throw new NotFoundError(
      `No trace tag with key '${tag.key}' for trace with ID '${tag.traceId}'`,
    );
  }

  /** Deletes for good, by id or all up to a time, and says how many. */
  async delete(
    request: {
      experimentId: string;
      before?: number;
      traceIds?: string[];
      limit?: number;
    },
    { caller }: Call,
  ): Promise<number> {
    const { access, traces } = this.#deps;
    const experiment = await this.#known(caller, request.experimentId);
    await access.track(caller, experiment?.owner);
    access.refuseJobs(caller, 'delete traces');
    if ((request.before === undefined) === (request.traceIds === undefined)) {
      throw new InputError(
        'Either `max_timestamp_millis` or `request_ids` must be specified, but not both.',
      );
    }
    if (request.traceIds && request.limit !== undefined) {
      throw new InputError(
        "`max_traces` can't be specified if `request_ids` is specified.",
      );
    }
    if (request.limit !== undefined && request.limit < 1) {
      throw new InputError(
        `Invalid value ${request.limit} for parameter 'max_traces' supplied. It must be at least 1`,
      );
    }
    return traces.delete(request);
  }

  async #forTrack(caller: Caller, experimentId: string): Promise<Experiment> {
    const experiment = await this.#known(caller, experimentId);
    await this.#deps.access.track(caller, experiment?.owner);
    if (!experiment) {
      throw new NotFoundError(`No Experiment with id=${experimentId} exists`);
    }
    checkActive(experiment);
    return experiment;
  }

  async #known(caller: Caller, id: string): Promise<Experiment | undefined> {
    const { experiments, reads } = this.#deps;
    return reads.known(
      { table: 'experiments', id, caller },
      await experiments.find(id),
    );
  }

  /** Where an experiment is nobody's, what is put there belongs to whom a new experiment would. */
  async #ownerIn(experiment: Experiment, caller: Caller) {
    return experiment.owner ?? this.#deps.access.ownerFor(caller);
  }

  /** Traces that are there already may be somebody else's. */
  async #checkOwn(caller: Caller, traceIds: string[]): Promise<void> {
    for (const trace of await this.#deps.traces.findAll(traceIds)) {
      await this.#deps.access.trackOwn(caller, {
        what: `trace ${trace.traceId}`,
        ...trace,
      });
    }
  }

  async #requireSeen(caller: Caller, traceId: string): Promise<void> {
    if (!(await this.#deps.reads.sees('traces', traceId, caller))) {
      throw notFound(traceId);
    }
  }

  async #forWrite(caller: Caller, traceId: string): Promise<void> {
    const trace = await this.#deps.reads.known(
      { table: 'traces', id: traceId, caller },
      await this.#deps.traces.findInfo(traceId),
    );
    if (!trace) {
      await this.#deps.access.track(caller, undefined);
      throw notFound(traceId);
    }
    await this.#checkOwn(caller, [traceId]);
  }

  async #require(traceId: string): Promise<Trace> {
    const [trace] = await this.#deps.traces.findAll([traceId]);
    if (!trace) throw notFound(traceId);
    return trace;
  }
}

/** Whether a comparison or an order is about what was asked, answered or thought of it. */
function looksInside({
  entity,
  key,
}: Pick<Comparison, 'entity' | 'key'>): boolean {
  return entity !== 'attribute' || key === 'text';
}

function notFound(traceId: string) {
  return new NotFoundError(`Trace with ID '${traceId}' not found.`);
}

/** MLflow's id of an OpenTelemetry trace. */
function traceIdOf(span: OtlpSpan): string {
  return `tr-${hex(span.trace_id)}`;
}

function toStored(span: OtlpSpan) {
  return {
    spanId: hex(span.span_id),
    parentId: span.parent_span_id ? hex(span.parent_span_id) : undefined,
    startedUs: Number(BigInt(span.start_time_unix_nano || '0') / 1000n),
    content: boundSpan(span),
    ...searchableOf(span),
  };
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

function serverTags(experiment: Experiment, traceId: string) {
  return {
    [SPANS_LOCATION]: 'TRACKING_STORE',
    [ARTIFACT_LOCATION]: `${experiment.artifactLocation}/traces/${traceId}/artifacts`,
  };
}

function checkTag(key: string): void {
  if (!SERVER_TAGS.includes(key)) return;
  throw new InputError(`The tag '${key}' is written by the server alone`);
}

/** Values cut as MLflow does; losing a long one must not lose the trace. */
function bound(pairs: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pairs)
      .filter(([key]) => key !== '')
      .map(([key, value]) => [
        checkLength('Trace tag or metadata key', key, limits.key),
        truncate(value, limits.runTagValue),
      ]),
  );
}

function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : truncate(text, PREVIEW);
}

/** How many spans the client said there are. */
function announcedSpans(trace: Trace): number {
  try {
    const stats: unknown = JSON.parse(trace.metadata[SIZE_STATS] ?? '{}');
    if (typeof stats !== 'object' || stats === null) return 0;
    return 'num_spans' in stats ? Number(stats.num_spans) || 0 : 0;
  } catch {
    return 0;
  }
}

/** The person the token speaks for; only a service may name somebody. */
function userOf(caller: Caller, requested?: string): string {
  if (isService(caller)) return requested || caller.actor;
  return caller.actor;
}

type TraceDeps = TrackingDeps & {
  traces: TraceStore;
  /** Pauses, in milliseconds, while spans are still on their way. */
  patience?: readonly number[];
};
