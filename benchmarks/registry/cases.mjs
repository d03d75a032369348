// What is measured, in the words of MLflow's REST API; both servers get the same requests.
import { runId, start } from './seed.mjs';

const api = '/api/2.0/mlflow';
const post = (path, body) => ({ method: 'POST', path: `${api}/${path}`, body });
const get = path => ({ method: 'GET', path: `${api}/${path}` });

/** Runs the cases write to, made for each server before the first of them. */
export async function prepare(server) {
  const { call } = server.client;
  const { experiment_id: experiment } = await call(
    'POST',
    `${api}/experiments/create`,
    {
      name: `writes-${Date.now()}`,
    },
  );
  const create = async () =>
    (
      await call('POST', `${api}/runs/create`, {
        experiment_id: experiment,
        start_time: start,
        tags: [{ key: 'mlflow.user', value: 'benchmark' }],
      })
    ).run.info.run_id;
  return { experiment, create };
}

/** `of(context)` answers what is sent: `next(worker, count)` for the load, and `check` for afterwards. */
export const cases = [
  {
    id: 'create-run',
    title: 'create run',
    kind: 'write',
    connections: 8,
    of: ({ experiment }) => ({
      next: () =>
        post('runs/create', {
          experiment_id: experiment,
          start_time: Date.now(),
          run_name: 'benchmark',
          tags: [
            { key: 'mlflow.user', value: 'benchmark' },
            { key: 'mlflow.source.name', value: 'train.py' },
            { key: 'mlflow.source.type', value: 'LOCAL' },
          ],
        }),
    }),
  },
  {
    id: 'get-run',
    title: 'get run',
    kind: 'lookup',
    connections: 8,
    of: ({ size }) => ({
      next: (worker, count) =>
        get(
          `runs/get?run_id=${runId((worker * 7919 + count * 31) % size.runs)}`,
        ),
    }),
  },
  {
    id: 'log-metric',
    title: 'log one metric',
    kind: 'write',
    connections: 8,
    of: async ({ create }) => {
      const runs = await several(8, create);
      return {
        next: (worker, count) =>
          post('runs/log-metric', {
            run_id: runs[worker],
            ...point('loss', count),
          }),
      };
    },
  },
  batch('batch-10', 'batch of 10 metrics', { points: 10, keys: 10 }),
  batch('batch-100', 'batch of 100 metrics, 10 keys', {
    points: 100,
    keys: 10,
  }),
  batch('batch-1000', 'batch of 1000 metrics, 10 keys', {
    points: 1000,
    keys: 10,
  }),
  batch('batch-1000-keys', 'batch of 1000 metrics, 1000 keys', {
    points: 1000,
    keys: 1000,
    connections: 4,
  }),
  {
    id: 'params-100',
    title: 'batch of 100 params',
    kind: 'write',
    connections: 8,
    of: async ({ create }) => {
      const runs = await several(8, create);
      return {
        next: (worker, count) =>
          post('runs/log-batch', {
            run_id: runs[worker],
            params: Array.from({ length: 100 }, (_, index) => ({
              key: `p-${count}-${index}`,
              value: `value ${index}`,
            })),
          }),
      };
    },
  },
  {
    id: 'writers-16',
    title: '16 writers on one run, batches of 100',
    kind: 'write',
    connections: 16,
    of: async ({ create, server }) => {
      const run = await create();
      const sent = new Set();
      return {
        next: (worker, count) => {
          // Each writer names the shared keys in an order of its own.
          const metrics = Array.from({ length: 100 }, (_, index) => ({
            ...point(`k${(index * (2 * worker + 1) + worker) % 20}`, 0),
            step: (count * 16 + worker) * 100 + index,
          }));
          sent.add(`${worker}/${count}`);
          return post('runs/log-batch', { run_id: run, metrics });
        },
        check: async () => {
          let found = 0;
          for (let key = 0; key < 20; key += 1) {
            let token = '';
            do {
              const page = await server.client.call(
                'GET',
                `${api}/metrics/get-history?run_id=${run}&metric_key=k${key}&max_results=25000${
                  token && `&page_token=${encodeURIComponent(token)}`
                }`,
              );
              found += page.metrics?.length ?? 0;
              token = page.next_page_token ?? '';
            } while (token);
          }
          return `${sent.size * 100 - found} of ${
            sent.size * 100
          } points missing`;
        },
      };
    },
  },
  search('search-100', 'search, newest 100', { max_results: 100 }, 4),
  search('search-1000', 'search, newest 1000', { max_results: 1000 }, 2),
  search(
    'search-metric',
    'search by metric, ordered by metric, 100',
    {
      max_results: 100,
      filter: 'metrics.m1 > 0.9',
      order_by: ['metrics.m3 DESC'],
    },
    2,
  ),
  search(
    'search-param-tag',
    'search by param and tag, 100',
    { max_results: 100, filter: "params.p3 = 'v6' and tags.t2 = 'x4'" },
    2,
  ),
  {
    id: 'search-deep',
    title: 'search, 100 after the first 50 000',
    kind: 'read',
    connections: 2,
    of: async ({ server, size }) => {
      const skipped = Math.min(50_000, size.runs / 2);
      const search = { experiment_ids: ['1'], max_results: skipped };
      // Ours is the token at the end of one page of 50 000; MLflow's is that offset, spelled as its server spells it.
      const page_token = server.isMlflow
        ? Buffer.from(JSON.stringify({ offset: skipped })).toString('base64')
        : (await server.client.call('POST', `${api}/runs/search`, search))
            .next_page_token;
      return {
        next: () =>
          post('runs/search', {
            experiment_ids: ['1'],
            max_results: 100,
            page_token,
          }),
      };
    },
  },
  {
    id: 'history-25000',
    title: 'history, page of 25 000',
    kind: 'read',
    connections: 2,
    of: () => ({
      next: () =>
        get(
          `metrics/get-history?run_id=${runId(
            0,
          )}&metric_key=loss&max_results=25000`,
        ),
    }),
  },
  {
    id: 'history-whole',
    title: 'history, whole 100 000 in pages of 25 000',
    kind: 'read',
    connections: 1,
    whole: true,
    of: () => ({
      path: `${api}/metrics/get-history?run_id=${runId(
        0,
      )}&metric_key=loss&max_results=25000`,
    }),
  },
  {
    id: 'bulk-interval',
    title: 'bulk interval, 320 points',
    kind: 'read',
    connections: 4,
    of: () => ({
      next: () =>
        get(
          `metrics/get-history-bulk-interval?run_ids=${runId(
            0,
          )}&metric_key=loss&max_results=320`,
        ),
    }),
  },
];

function batch(id, title, { points, keys, connections = 8 }) {
  return {
    id,
    title,
    kind: 'write',
    connections,
    of: async ({ create }) => {
      const runs = await several(connections, create);
      return {
        next: (worker, count) =>
          post('runs/log-batch', {
            run_id: runs[worker],
            metrics: Array.from({ length: points }, (_, index) =>
              point(
                `m${index % keys}`,
                count * Math.ceil(points / keys) + Math.floor(index / keys),
              ),
            ),
          }),
      };
    },
  };
}

function search(id, title, body, connections) {
  return {
    id,
    title,
    kind: 'read',
    connections,
    of: () => ({
      next: () => post('runs/search', { experiment_ids: ['1'], ...body }),
    }),
  };
}

function point(key, step) {
  return { key, value: 1 / (1 + step), timestamp: start + step * 10, step };
}

async function several(count, make) {
  const made = [];
  for (let index = 0; index < count; index += 1) made.push(await make());
  return made;
}
