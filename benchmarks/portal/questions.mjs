// What is asked: every GET operation of every contract, read from openapi.json, with the busiest things as parameters.
import { readFile, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/shell.mjs';
import { busiest } from './seed.mjs';

const run = `${'1'.padStart(8, '0')}${'1'.padStart(24, '0')}`;

/** Values of parameters in paths and of those that have to be given. */
const values = {
  namespace: 'default',
  name: busiest.name,
  version: '1',
  runId: run,
  key: 'auc',
  kind: 'drift',
  monitor: 'default',
  at: '2026-01-03',
  from: '2026-01-02',
  to: '2026-01-04',
  left: '1',
  right: '2',
  scope: 'all',
};
const ids = {
  getPromotion: 'promotion-1-1',
  getGarbageCollection: 'garbage-1',
  listWebhookDeliveries: 'webhook-1',
  getImport: 'import-1',
  listImportOmissions: 'import-1',
  getJob: 'job-1',
  getJobLog: 'job-1',
  getWindow: 'window-1',
};

/** Nothing of these is seeded: the files of versions and data sets lie in folders, not in the database. */
const withoutContent = [
  'listVersionArtifacts',
  'listRunArtifacts',
  'judgeVersion',
  'getBaseline',
  'previewRetraining',
  'getPredictionLog',
  'countPredictions',
  'listPredictionLogFiles',
  'getTraffic',
  'getModelSignature',
  'getReproduction',
];

/** The same list asked in the ways its pages ask it. */
const variants = {
  listModels: [
    ['by owner', 'owner=group:default/diagnostics'],
    ['mine', 'owner=mine'],
    ['words', 'query=19999'],
    ['with candidate', 'stage=candidate'],
    ['waiting', 'stage=waiting'],
    ['last changed first', 'sort=-updated'],
    ['page of 500', 'limit=500'],
  ],
  countModels: [['by owner', 'owner=group:default/diagnostics']],
  listPromotions: [
    ['waiting', 'state=waiting-for-approval'],
    ['of one model', `model=model:default/${busiest.name}`],
  ],
  listLedger: [
    ['of one model', `model=model:default/${busiest.name}`],
    ['by actor and action', 'actor=user:default/eve&action=promoted'],
  ],
  productionOn: [['of one model', `model=model:default/${busiest.name}`]],
  searchRuns: [
    ['by metric', 'filter=metrics.auc > 0.9'],
    ['of one model', `model=model:default/${busiest.name}`],
  ],
  searchModelVersions: [
    ['by metric', 'filter=metrics.auc > 0.99'],
    ['ordered by metric', 'orderBy=metrics.auc DESC'],
    ['in production', "filter=stage = 'production'"],
    ['by owner', "filter=owner = 'group:default/diagnostics'"],
    ['by flavor', "filter=flavor = 'onnx'"],
    ['by param', "filter=params.depth = '3'"],
    ['by tag', "filter=tags.purpose = 'p3'"],
    ['nothing found', 'filter=metrics.auc > 2'],
  ],
  getRunTable: [['by metric', 'sort=metrics.auc&column=metrics.auc']],
  listJobs: [
    ['waiting', 'state=queued'],
    ['of one model', `model=model:default/${busiest.name}`],
    ['of one group', 'owner=group:default/diagnostics'],
  ],
  listEndpoints: [
    ['by words', 'search=4999'],
    ['failed', 'state=failed'],
  ],
  listMonitors: [['with drift', 'status=drift']],
};

/** A job of the diagnostics group that waits; each time another one. */
const cancelOne = time => ({
  method: 'POST',
  path: `/api/ml-jobs/v1/jobs/job-${51 + 50 * time}/cancel`,
  body: {},
});
/** What waits changes all the time where there is a queue: nothing that was computed before counts. */
const afterChanges = [
  ['getQueue', '/api/ml-jobs/v1/queue?'],
  ['getJob', '/api/ml-jobs/v1/jobs/job-1?'],
].map(([id, path], part) => ({
  id,
  way: 'after a job was cancelled',
  kind: 'list',
  method: 'GET',
  path,
  before: time => cancelOne(100 * part + time),
}));

const mlflow = '/api/ml-registry/mlflow/api/2.0/mlflow';
const post = (id, path, body) => ({
  id,
  way: '',
  kind: 'list',
  method: 'POST',
  path: `${mlflow}/${path}`,
  body,
});
const get = (id, path, query = {}) => ({
  id,
  way: '',
  kind: 'list',
  method: 'GET',
  path: `${mlflow}/${path}?${new URLSearchParams(query)}`,
});
const ofMlflow = [
  get('MLflow registered-models/search', 'registered-models/search'),
  {
    ...get('MLflow registered-models/search', 'registered-models/search', {
      filter: "name LIKE '%19999%'",
    }),
    way: 'by name',
  },
  {
    ...get('MLflow registered-models/search', 'registered-models/search', {
      order_by: 'last_updated_timestamp DESC',
    }),
    way: 'last changed first',
  },
  {
    ...get('MLflow model-versions/search', 'model-versions/search', {
      max_results: 200,
    }),
    way: 'page of 200',
  },
  // The client asks for this unless it is told otherwise.
  {
    ...get('MLflow model-versions/search', 'model-versions/search'),
    way: '10,000 in one answer',
  },
  {
    ...get('MLflow model-versions/search', 'model-versions/search', {
      filter: `name='${busiest.name}'`,
    }),
    way: 'of one model',
  },
  {
    ...get('MLflow model-versions/search', 'model-versions/search', {
      filter: `run_id='${run}'`,
    }),
    way: 'of one run',
  },
  {
    ...get('MLflow model-versions/search', 'model-versions/search', {
      filter: "tags.purpose = 'p3'",
      max_results: 200,
    }),
    way: 'by tag, page of 200',
  },
  {
    ...get('MLflow model-versions/search', 'model-versions/search', {
      filter: "tags.purpose = 'p3'",
    }),
    way: 'by tag, 5,000 in one answer',
  },
  post('MLflow experiments/search', 'experiments/search', {
    max_results: 100,
  }),
  post('MLflow runs/search', 'runs/search', {
    experiment_ids: ['2'],
    max_results: 100,
  }),
  {
    ...post('MLflow runs/search', 'runs/search', {
      experiment_ids: ['2'],
      max_results: 100,
      order_by: ['metrics.auc DESC'],
    }),
    way: 'ordered by metric',
  },
  {
    ...post('MLflow runs/search', 'runs/search', {
      experiment_ids: Array.from({ length: 2000 }, (_, at) => String(at + 1)),
      max_results: 100,
      filter: "metrics.auc > 0.9 and params.depth = '3'",
    }),
    way: '2,000 experiments, by metric and param',
  },
];

/** Every question; `kind` is `list` where many answers come, or they are counted. */
export async function questions() {
  const asked = [];
  for (const folder of (await readdir(join(root, 'plugins'))).sort()) {
    const file = join(root, 'plugins', folder, 'openapi.json');
    if (!existsSync(file)) continue;
    const { paths } = JSON.parse(await readFile(file, 'utf8'));
    const plugin = folder.replace(/-common$/, '');
    // Data sets come from the catalog; the example company has few.
    if (plugin === 'ml-data') continue;
    for (const [path, methods] of Object.entries(paths)) {
      if (!methods.get) continue;
      const { operationId: id, parameters = [] } = methods.get;
      if (withoutContent.includes(id)) continue;
      const of = name => (name === 'id' ? ids[id] : values[name]);
      const target = path.replace(/\{(\w+)\}/g, (_, name) =>
        encodeURIComponent(of(name)),
      );
      const needed = parameters
        .filter(({ in: where, required }) => where === 'query' && required)
        .map(({ name }) => `${name}=${of(name)}`);
      const kind =
        /^(list|search|count|production)|Table$|^getQueue$|Counts?$/.test(id)
          ? 'list'
          : 'one';
      for (const [way, query] of [['', ''], ...(variants[id] ?? [])]) {
        const search = new URLSearchParams(
          [...needed, query].filter(Boolean).join('&'),
        );
        asked.push({
          id,
          way,
          kind,
          method: 'GET',
          path: `/api/${plugin}${target}?${search}`,
        });
      }
    }
  }
  return [...asked, ...afterChanges, ...ofMlflow];
}
