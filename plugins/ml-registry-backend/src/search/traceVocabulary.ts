import type { Tables } from './compile';
import { vocabularyOf } from './vocabulary';

const END = '(traces.request_time + traces.execution_ms)';

/** What filters and orders of traces may name. Metadata is to traces what params are to runs. */
export const traceVocabulary = vocabularyOf({
  entities: ['tag', 'param', 'attribute', 'feedback', 'expectation', 'span'],
  prefixes: {
    trace: 'attribute',
    metadata: 'param',
    request_metadata: 'param',
    feedback: 'feedback',
    expectation: 'expectation',
    span: 'span',
  },
  columns: {
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
    run_id: 'x.run_id',
    text: 'x.content',
  },
  texts: ['text'],
  sets: {
    // Made in a run, or linked to it later.
    run_id: `(SELECT trace_id, value AS run_id FROM trace_metadata WHERE key = 'mlflow.sourceRun'
      UNION ALL SELECT trace_id, run_id FROM trace_runs) x WHERE x.trace_id = traces.trace_id`,
    text: 'spans x WHERE x.trace_id = traces.trace_id',
  },
  orderColumns: {
    experiment_id: 'CAST(traces.experiment_id AS TEXT)',
    run_id: `(SELECT m.value FROM trace_metadata m WHERE m.trace_id = traces.trace_id AND m.key = 'mlflow.sourceRun')`,
  },
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
});

export const traceTables: Tables = {
  join: 'x.trace_id = traces.trace_id',
  tags: 'trace_tags',
  params: 'trace_metadata',
};
