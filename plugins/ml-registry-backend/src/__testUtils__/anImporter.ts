import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { caller } from './people';
import { as, aRegistry } from './registryFixture';

export const RUN = 'a'.repeat(32);
export const MODEL = `m-${'b'.repeat(32)}`;

type Answer = object | string | number;

/** A server that answers like MLflow's; `hooks` may break it. */
export async function aSource() {
  const asked: string[] = [];
  const hooks: { before?: (path: string) => void | number } = {};
  const runs = [
    aRun(RUN, { name: 'first', lifecycle: 'active' }),
    aRun('c'.repeat(32), { name: 'second', lifecycle: 'deleted' }),
  ];
  const answers: Record<string, (query: URLSearchParams) => Answer> = {
    'experiments/search': () => ({
      experiments: [
        { experiment_id: '7', name: 'Default', tags: [] },
        {
          experiment_id: '8',
          name: 'ünïcode',
          lifecycle_stage: 'deleted',
          tags: [
            { key: 'team', value: 'blue' },
            { key: 'downstage.owner', value: 'group:default/evil' },
          ],
        },
      ],
    }),
    'logged-models/search': () => ({
      models: [
        {
          info: {
            model_id: MODEL,
            experiment_id: '7',
            name: 'model',
            creation_timestamp_ms: 5,
            artifact_uri: `mlflow-artifacts:/7/models/${MODEL}/artifacts`,
            status: 'LOGGED_MODEL_READY',
            source_run_id: RUN,
          },
          data: { metrics: [{ key: 'auc', value: 'NaN', run_id: RUN }] },
        },
      ],
    }),
    'runs/search': () => ({ runs }),
    'metrics/get-history': query => ({
      metrics: query.get('page_token')
        ? [{ key: 'loss', value: 'Infinity', timestamp: 3, step: 2 }]
        : [
            { key: 'loss', value: 0.5, timestamp: 1, step: 0 },
            { key: 'loss', value: 'NaN', timestamp: 2, step: 1 },
          ],
      next_page_token: query.get('page_token') ? undefined : 'more',
    }),
    'registered-models/search': query => ({
      registered_models: query.get('filter')
        ? []
        : [
            {
              name: 'churn',
              creation_timestamp: 9,
              description: 'Who leaves',
              aliases: [
                { alias: 'nightly', version: '3' },
                { alias: 'champion', version: '3' },
              ],
            },
            { name: 'mine', creation_timestamp: 9 },
            { name: 'a/b', creation_timestamp: 9 },
          ],
    }),
    'model-versions/search': query => ({
      model_versions: query.get('filter')?.includes('churn')
        ? [
            aVersion(1, { current_stage: 'Archived', model_id: MODEL }),
            aVersion(3, {
              current_stage: 'Production',
              source: `runs:/${RUN}/notes`,
            }),
            aVersion(4, { source: 's3://elsewhere/x' }),
          ]
        : [{ ...aVersion(1, {}), name: query.get('filter')?.slice(8, -1) }],
    }),
    'model-versions/get-download-uri': () => ({ artifact_uri: 's3://x/y' }),
  };
  const listings: Record<string, object[]> = {
    [`7/${RUN}/artifacts`]: [
      { path: 'notes', is_dir: true },
      { path: '..', is_dir: true },
      { path: 'a\\b' },
    ],
    [`7/${RUN}/artifacts/notes`]: [{ path: 'ü #%.txt', file_size: 5 }],
    [`7/models/${MODEL}/artifacts`]: [{ path: 'MLmodel', file_size: 5 }],
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    request.resume();
    asked.push(url.pathname);
    const api = url.pathname.replace('/api/2.0/mlflow/', '');
    const status = hooks.before?.(api);
    if (status) {
      response.writeHead(status).end('no');
      return;
    }
    const answer = answers[api];
    if (answer) {
      response.end(JSON.stringify(answer(url.searchParams)));
    } else if (api === '/api/2.0/mlflow-artifacts/artifacts') {
      const files = listings[url.searchParams.get('path') ?? ''];
      response.end(JSON.stringify({ files }));
    } else if (api.startsWith('/api/2.0/mlflow-artifacts/artifacts/')) {
      response.end('hello');
    } else {
      response.writeHead(404).end('{}');
    }
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}/`,
    asked,
    answers,
    listings,
    hooks,
    runs,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function aRun(id: string, more: { name: string; lifecycle: string }) {
  return {
    info: {
      run_id: id,
      run_name: more.name,
      experiment_id: '7',
      user_id: 'root',
      status: 'FINISHED',
      start_time: 100,
      end_time: 200,
      artifact_uri: `mlflow-artifacts:/7/${id}/artifacts`,
      lifecycle_stage: more.lifecycle,
    },
    data: {
      metrics: [{ key: 'loss', value: 1, timestamp: 3, step: 2 }],
      params: [{ key: 'depth', value: '3' }],
      tags: [
        { key: 'k', value: 'v' },
        { key: 'downstage.job', value: 'forged' },
      ],
    },
    inputs: {
      dataset_inputs: [
        {
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
          dataset: {
            name: 'd',
            digest: 'x',
            source_type: 'code',
            source: '{}',
          },
        },
      ],
    },
    outputs: { model_outputs: id === RUN ? [{ model_id: MODEL }] : [] },
  };
}

export function aVersion(version: number, more: object) {
  return { name: 'churn', version, creation_timestamp: 10, ...more };
}

/** A registry that imports from a source. */
export async function anImporter(
  knex: Knex,
  source: Awaited<ReturnType<typeof aSource>>,
) {
  const registry = await aRegistry(knex);
  Object.assign(registry.artifacts, {
    async put(path: string, content: Readable) {
      const bytes = await buffer(content);
      registry.artifacts.files.set(path, bytes.toString());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { size: bytes.length, sha256 };
    },
  });
  await registry.tracking.registration.createModel(
    {
      name: 'mine',
      tags: {},
    },
    { caller: caller('ann') },
  );
  const { imports, importProcess } = registry;
  const start = (more: { stages?: 'enter'; reason?: string } = {}) =>
    imports.start(
      { uri: source.uri, token: 'let me in', stages: 'record', ...more },
      as('dora'),
    );
  /** Steps until it ended, as the loop does. */
  const run = async (id: string) => {
    for (let i = 0; i < 100; i += 1) {
      const patch = await importProcess.step(id);
      await knex('imports').where({ id }).update(patch);
      if (!patch.next_reconcile_at) break;
      registry.passes(600_000);
    }
    return imports.get(id, as('dora'));
  };
  /** What has to be the same whatever happened on the way. */
  const picture = async () => {
    const tables = ['runs', 'metrics', 'latest_metrics', 'params', 'run_tags'];
    const more = ['model_versions', 'registered_model_aliases', 'run_models'];
    const counts: Record<string, number> = {};
    for (const table of [...tables, ...more, 'datasets', 'logged_models']) {
      counts[table] = (await knex(table)).length;
    }
    return { counts, files: [...registry.artifacts.files.keys()].sort() };
  };
  return { ...registry, knex, start, run, picture };
}
