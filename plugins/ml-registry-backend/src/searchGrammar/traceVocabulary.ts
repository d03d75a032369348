import type { Tables } from './compile';
import type { Vocabulary } from './vocabulary';

const END = '(traces.request_time + traces.execution_ms)';

/** What filters and orders of traces may name. Metadata is to traces what params are to runs. */
export const traceVocabulary: Vocabulary = {
  entities: ['tag', 'param', 'attribute'],
  prefixes: {
    trace: 'attribute',
    metadata: 'param',
    request_metadata: 'param',
  },
  attributes: {
    request_id: 'traces.trace_id',
    trace_id: 'traces.trace_id',
    client_request_id: 'traces.client_request_id',
    status: 'traces.state',
    state: 'traces.state',
    timestamp: 'traces.request_time',
    timestamp_ms: 'traces.request_time',
    execution_time: 'traces.execution_ms',
    execution_time_ms: 'traces.execution_ms',
    end_time: END,
    end_time_ms: END,
    name: `(SELECT n.value FROM trace_tags n WHERE n.trace_id = traces.trace_id AND n.key = 'mlflow.traceName')`,
    run_id: `(SELECT m.value FROM trace_metadata m WHERE m.trace_id = traces.trace_id AND m.key = 'mlflow.sourceRun')`,
  },
  orderOnly: { experiment_id: 'CAST(traces.experiment_id AS TEXT)' },
  numbers: [
    'timestamp',
    'timestamp_ms',
    'execution_time',
    'execution_time_ms',
    'end_time',
    'end_time_ms',
  ],
  lists: [
    'request_id',
    'trace_id',
    'client_request_id',
    'status',
    'state',
    'name',
    'run_id',
  ],
};

export const traceTables: Tables = {
  join: 'x.trace_id = traces.trace_id',
  tags: 'trace_tags',
  params: 'trace_metadata',
};
