import { InputError } from '@backstage/errors';
import type {
  StartedTrace,
  TraceService,
  TraceWithSpans,
} from '../../traces/TraceService';
import type { Trace } from '../../traces/TraceStore';
import { renderAssessment } from './assessmentRoutes';
import { missing, type Message } from '../protocol/Message';
import { readLimit, type MlflowRoute } from '../protocol/routes';

const STATES = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const;
const BATCH_LIMIT = 100;
const INFOS_LIMIT = 1000;

/** `/api/3.0/mlflow/traces`. Spans come in as OpenTelemetry, at `/v1/traces`. */
export function traceRoutes(traces: TraceService): MlflowRoute[] {
  const routes: Omit<MlflowRoute, 'version'>[] = [
    {
      method: 'post',
      path: 'traces',
      handle: async (message, caller) => ({
        trace: {
          trace_info: renderInfo(
            await traces.start(readStarted(message), { caller }),
          ),
        },
      }),
    },
    {
      method: 'get',
      path: 'traces/get',
      handle: async (message, caller) => ({
        trace: renderTrace(
          await traces.get(
            {
              traceId: message.required('trace_id'),
              allowPartial: message.boolean('allow_partial') ?? false,
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'get',
      path: 'traces/batchGet',
      handle: async (message, caller) => {
        const found = await traces.getMany(readIds(message, BATCH_LIMIT), {
          caller,
        });
        return { traces: some(found.map(renderTrace)) };
      },
    },
    {
      method: 'post',
      path: 'traces/batchGetInfos',
      handle: async (message, caller) => {
        const found = await traces.getInfos(readIds(message, INFOS_LIMIT), {
          caller,
        });
        return { trace_infos: some(found.map(renderInfo)) };
      },
    },
    {
      method: 'post',
      path: 'traces/search',
      handle: async (message, caller) => {
        const page = await traces.search(
          {
            experimentIds: message
              .messages('locations')
              .flatMap(location => readExperiment(location) ?? []),
            filter: message.string('filter'),
            orderBy: message.strings('order_by'),
            pageToken: message.string('page_token') || undefined,
            limit: readLimit(message, { default: 100, max: 500 }),
          },
          { caller },
        );
        return {
          traces: some(page.traces.map(renderInfo)),
          next_page_token: page.nextPageToken,
        };
      },
    },
    {
      method: 'post',
      path: 'traces/delete-traces',
      handle: async (message, caller) => {
        const ids = message.strings('request_ids');
        const deleted = await traces.delete(
          {
            experimentId: message.required('experiment_id'),
            before: message.integer('max_timestamp_millis'),
            limit: message.integer('max_traces'),
            traceIds: ids.length ? ids : undefined,
          },
          { caller },
        );
        return { traces_deleted: deleted };
      },
    },
    {
      method: 'get',
      path: 'traces/:trace_id',
      handle: async (message, caller) => ({
        trace: {
          trace_info: renderInfo(
            await traces.getInfo(message.required('trace_id'), { caller }),
          ),
        },
      }),
    },
    {
      method: 'patch',
      path: 'traces/:trace_id/tags',
      handle: async (message, caller) => {
        await traces.setTag(
          {
            traceId: message.required('trace_id'),
            key: message.required('key'),
            value: message.string('value') ?? '',
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'delete',
      path: 'traces/:trace_id/tags',
      handle: async (message, caller) => {
        await traces.deleteTag(
          {
            traceId: message.required('trace_id'),
            key: message.required('key'),
          },
          { caller },
        );
        return {};
      },
    },
  ];
  return routes.flatMap(route => {
    const young: MlflowRoute = { ...route, version: '3.0' };
    // For these, clients of 3.x still use the old address.
    const old = /\/(tags|delete-traces)$/.test(route.path);
    return old ? [young, { ...route, version: '2.0' }] : [young];
  });
}

function readStarted(message: Message): StartedTrace {
  const info = message.message('trace')?.message('trace_info');
  if (!info) throw missing('trace');
  const location = info.message('trace_location');
  const experimentId = location && readExperiment(location);
  if (!experimentId) throw missing('experiment_id');
  const time = info.required('request_time');
  const requestTime = Date.parse(time);
  if (Number.isNaN(requestTime)) {
    throw new InputError(
      `Invalid value ${time.slice(
        0,
        80,
      )} for parameter 'request_time' supplied. Expected a time such as 2026-11-21T10:00:00.000Z`,
    );
  }
  return {
    traceId: info.required('trace_id'),
    experimentId,
    requestTime,
    executionMs: readDuration(info.string('execution_duration')),
    state: info.choice('state', STATES, 0) ?? 'STATE_UNSPECIFIED',
    clientRequestId: info.string('client_request_id')?.slice(0, 255),
    requestPreview: info.string('request_preview'),
    responsePreview: info.string('response_preview'),
    tags: info.stringMap('tags') ?? {},
    metadata: info.stringMap('trace_metadata') ?? {},
  };
}

function readExperiment(location: Message): string | undefined {
  return location.message('mlflow_experiment')?.string('experiment_id');
}

/** Protobuf's durations: `1.5s`. */
function readDuration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^(-?\d+(?:\.\d+)?)s$/.exec(text)?.[1];
  if (seconds === undefined) {
    throw new InputError(
      `Invalid value ${text.slice(
        0,
        80,
      )} for parameter 'execution_duration' supplied. Expected seconds such as 1.5s`,
    );
  }
  return Math.max(0, Math.round(Number(seconds) * 1000));
}

function readIds(message: Message, limit: number) {
  const traceIds = message.strings('trace_ids');
  if (!traceIds.length) throw missing('trace_ids');
  if (traceIds.length > limit) {
    throw new InputError(
      `${traceIds.length} trace_ids given; at most ${limit} are answered at once`,
    );
  }
  return {
    traceIds,
    experimentIds: message.has('experiment_ids')
      ? message.strings('experiment_ids')
      : undefined,
  };
}

function renderTrace({ trace, spans }: TraceWithSpans) {
  return {
    trace_info: renderInfo(trace),
    spans: some(spans.map((span): unknown => JSON.parse(span))),
  };
}

function renderInfo(trace: Trace) {
  return {
    trace_id: trace.traceId,
    client_request_id: trace.clientRequestId,
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: trace.experimentId },
    },
    request_preview: trace.requestPreview,
    response_preview: trace.responsePreview,
    request_time: new Date(trace.requestTime).toISOString(),
    execution_duration:
      trace.executionMs === undefined
        ? undefined
        : `${(trace.executionMs / 1000).toFixed(3)}s`,
    state: trace.state,
    assessments: some(trace.assessments.map(renderAssessment)),
    trace_metadata: trace.metadata,
    tags: trace.tags,
  };
}

/** Empty lists are left out. */
function some<T>(items: T[]): T[] | undefined {
  return items.length ? items : undefined;
}
