import { setTimeout as wait } from 'node:timers/promises';
import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller } from '@downstage/node';
import { boundSpan } from '../domain/boundSpan';
import { searchableOf, summarizeSpans, type OtlpSpan } from '../domain/spans';
import { compileComparison, compileOrder } from '../searchGrammar/compile';
import { parseFilter } from '../searchGrammar/parseFilter';
import { parseOrderBy } from '../searchGrammar/parseOrderBy';
import { traceTables, traceVocabulary } from '../searchGrammar/traceVocabulary';
import type { Experiment } from '../stores/ExperimentStore';
import type { Trace, TraceInfo, TraceStore } from '../stores/TraceStore';
import { checkActive } from './ExperimentService';
import { USER_TAG } from './stampedTags';
import { isService } from './TrackingAccess';
import type { TrackingDeps } from './trackingDeps';
import { checkLength, limits, truncate } from './validation';

const SOURCE_RUN = 'mlflow.sourceRun';
const TRACE_NAME = 'mlflow.traceName';
const SIZE_STATS = 'mlflow.trace.sizeStats';
/** Clients read from it that spans are asked from us, not from files. */
const SPANS_LOCATION = 'mlflow.trace.spansLocation';
const ARTIFACT_LOCATION = 'mlflow.artifactLocation';
const SERVER_TAGS = [SPANS_LOCATION, ARTIFACT_LOCATION];
const TRACE_ID = /^[\w-]{1,100}$/;
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
 * Traces: the client tells of a trace when it ended, and sends its spans on
 * their own, before or after, perhaps twice. Both orders end the same.
 */
export class TraceService {
  readonly #deps: TraceDeps;

  constructor(deps: TraceDeps) {
    this.#deps = deps;
  }

  /** Takes what the client says; what spans told before gives way to it. */
  async start(caller: Caller, started: StartedTrace): Promise<Trace> {
    const { traces, knex } = this.#deps;
    const experiment = await this.#forTrack(caller, started.experimentId);
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
        owner: experiment.owner,
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
    return this.#require(started.traceId);
  }

  /** Keeps spans, of several traces perhaps; all of them or none. */
  async addSpans(
    caller: Caller,
    request: { experimentId: string; runId?: string; spans: OtlpSpan[] },
  ): Promise<void> {
    const { traces, knex } = this.#deps;
    const experiment = await this.#forTrack(caller, request.experimentId);
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
          owner: experiment.owner,
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

  async getInfo(caller: Caller, traceId: string): Promise<Trace> {
    await this.#deps.access.read(caller);
    return this.#require(traceId);
  }

  /**
   * A trace with its spans. Clients send spans in the background, so unless a
   * part will do, this waits a little for those that the client announced.
   */
  async get(
    caller: Caller,
    request: { traceId: string; allowPartial: boolean },
  ): Promise<TraceWithSpans> {
    await this.#deps.access.read(caller);
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
    caller: Caller,
    request: { traceIds: string[]; experimentIds?: string[] },
  ): Promise<TraceWithSpans[]> {
    const found = await this.getInfos(caller, request);
    const result: TraceWithSpans[] = [];
    for (const trace of found) {
      const spans = await this.#deps.traces.spansOf(trace.traceId);
      result.push({ trace, spans });
    }
    return result;
  }

  async getInfos(
    caller: Caller,
    request: { traceIds: string[]; experimentIds?: string[] },
  ): Promise<Trace[]> {
    await this.#deps.access.read(caller);
    const found = await this.#deps.traces.findAll(request.traceIds);
    return found.filter(
      trace =>
        !request.experimentIds ||
        request.experimentIds.includes(trace.experimentId),
    );
  }

  async search(
    caller: Caller,
    request: {
      experimentIds: string[];
      filter?: string;
      orderBy: string[];
      pageToken?: string;
      limit: number;
    },
  ): Promise<{ traces: Trace[]; nextPageToken?: string }> {
    const { access, traces, knex } = this.#deps;
    await access.read(caller);
    const options = { vocabulary: traceVocabulary, tables: traceTables };
    const orders = parseOrderBy(request.orderBy, traceVocabulary);
    const comparisons = parseFilter(request.filter, traceVocabulary);
    return traces.search({
      ...request,
      where: comparisons.map(comparison =>
        compileComparison(knex, comparison, options),
      ),
      terms: [
        ...orders.flatMap(order =>
          compileOrder(order, { ...options, database: knex }),
        ),
        { sql: 'traces.request_time', bindings: [], descending: true },
        { sql: 'traces.trace_id', bindings: [], descending: false },
      ],
    });
  }

  async setTag(
    caller: Caller,
    tag: { traceId: string; key: string; value: string },
  ): Promise<void> {
    await this.#forWrite(caller, tag.traceId);
    checkTag(tag.key);
    await this.#deps.traces.setPairs(this.#deps.knex, 'trace_tags', {
      traceId: tag.traceId,
      pairs: bound({ [tag.key]: tag.value }),
    });
  }

  async deleteTag(
    caller: Caller,
    tag: { traceId: string; key: string },
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
    caller: Caller,
    request: {
      experimentId: string;
      before?: number;
      traceIds?: string[];
      limit?: number;
    },
  ): Promise<number> {
    const { access, experiments, traces } = this.#deps;
    const experiment = await experiments.find(request.experimentId);
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
    const { access, experiments } = this.#deps;
    const experiment = await experiments.find(experimentId);
    await access.track(caller, experiment?.owner);
    if (!experiment) {
      throw new NotFoundError(`No Experiment with id=${experimentId} exists`);
    }
    checkActive(experiment);
    return experiment;
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

  async #forWrite(caller: Caller, traceId: string): Promise<void> {
    const trace = await this.#deps.traces.findInfo(traceId);
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
