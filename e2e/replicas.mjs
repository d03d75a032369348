// Two portals on one PostgreSQL and one folder of artifacts. Scripts log through both at once, and people promote and
// approve the same versions at both at once. One of the portals is killed in the middle. Nothing is lost, nothing is
// doubled, and of those who want the same there is one winner. This is counted over the API and in the tables.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, startPostgres } from '../scripts/postgres.mjs';
import { awaitStart, progressOf } from '../scripts/awaitStart.mjs';
import { startProcess } from '../scripts/processes.mjs';
import { root } from '../scripts/shell.mjs';
import { complaintsIn, isAlive, minute, person, until } from './portal.mjs';
import { endWith, walkSteps } from './steps.mjs';

const load = createRequire(import.meta.url);
const model = 'replicated';
const modelRef = `model:default/${model}`;
const modelPath = `/api/ml-registry/v1/models/default/${model}`;
const mlflow = '/api/ml-registry/mlflow/api/2.0/mlflow';
const started = Date.now();

/** Steps depend on each other: after a failure the rest counts as failed. */
export async function replicas({ node, scratch }) {
  const folder = join(scratch, 'replicas');
  await mkdir(folder, { recursive: true });
  const postgres = await startPostgres(join(folder, 'postgresql'));
  const portals = [];
  try {
    for (const name of ['first', 'second']) {
      portals.push(await replica({ node, folder, name, postgres }));
    }
    return await walkSteps(walk({ portals, postgres }), {
      explain: async () =>
        (
          await Promise.all(portals.map(portal => portal.complaints()))
        ).join('\n'),
    });
  } finally {
    await Promise.all(portals.map(portal => portal.stop()));
    await postgres.stop();
  }
}

function walk({ portals, postgres }) {
  const [first, second] = portals;
  const ann = portals.map(({ url }) => person(url, 'user:default/ann'));
  const eve = portals.map(({ url }) => person(url, 'user:default/eve'));
  const ben = portals.map(({ url }) => person(url, 'user:default/ben'));
  const either = number => ann[number % 2];
  let experiment;
  let shared;
  const runs = [];
  const versions = [];

  return [
    [
      'both portals start together on one empty database',
      async () => {
        await Promise.all([first.start(), second.start()]);
        for (const someone of [...ann, ...eve, ...ben]) await someone.token();
      },
    ],
    [
      'an experiment asked for by both at once is made once',
      async () => {
        const asked = await Promise.allSettled(
          Array.from({ length: 6 }, (_, number) =>
            either(number).post(`${mlflow}/experiments/create`, {
              name: 'replicas',
            }),
          ),
        );
        const made = asked.filter(({ status }) => status === 'fulfilled');
        assert.equal(made.length, 1, JSON.stringify(asked));
        for (const { reason } of asked) {
          if (reason) assert.match(reason.message, /RESOURCE_ALREADY_EXISTS/);
        }
        experiment = made[0].value.experiment_id;
      },
    ],
    [
      '16 writers of one run, half through each portal, lose no point and double none',
      async () => {
        shared = await createRun(ann[0], experiment);
        await Promise.all(
          Array.from({ length: 16 }, (_, writer) =>
            logBatches(either(writer), shared, { writer, batches: 6 }),
          ),
        );
        await holds(postgres, shared, 16 * 6 * 50);
        for (const reader of ann) {
          assert.equal(await countPoints(reader, shared), 16 * 6 * 50);
        }
        const { run } = await ann[1].get(`${mlflow}/runs/get?run_id=${shared}`);
        for (const metric of run.data.metrics) {
          // Of each key the greatest step any writer sent, no matter who came last.
          assert.equal(metric.value, metric.step / 7);
          assert.ok(metric.step >= 16 * 6 * 50 - 50, JSON.stringify(metric));
        }
      },
    ],
    [
      'params of one run set by both at once keep one value, and the others are told',
      async () => {
        const asked = await Promise.allSettled(
          Array.from({ length: 8 }, (_, number) =>
            either(number).post(`${mlflow}/runs/log-batch`, {
              run_id: shared,
              params: [{ key: 'depth', value: String(number) }],
              tags: [{ key: `by-${number}`, value: 'x' }],
            }),
          ),
        );
        const won = asked.flatMap(({ status }, number) =>
          status === 'fulfilled' ? [String(number)] : [],
        );
        assert.equal(won.length, 1, JSON.stringify(asked));
        const { run } = await ann[0].get(`${mlflow}/runs/get?run_id=${shared}`);
        assert.deepEqual(run.data.params, [{ key: 'depth', value: won[0] }]);
        // A refused batch leaves nothing of itself behind.
        const tags = run.data.tags.filter(({ key }) => key.startsWith('by-'));
        assert.deepEqual(
          tags.map(({ key }) => key),
          [`by-${won[0]}`],
        );
      },
    ],
    [
      'many runs through both, the second portal killed in the middle: what was answered is there, what was repeated is there once',
      async () => {
        const writers = Array.from({ length: 12 }, async (_, writer) => {
          const alive = writer % 2 ? [ann[1], ann[0]] : [ann[0]];
          const run = await createRun(ann[0], experiment);
          runs.push(run);
          await logBatches(alive, run, { writer, batches: 25 });
        });
        await pause(400);
        await second.kill();
        await Promise.all(writers);
        for (const run of runs) await holds(postgres, run, 25 * 50);
      },
    ],
    [
      'versions registered by both at once have numbers of their own',
      async () => {
        await second.start();
        await ann[0].post(`${mlflow}/registered-models/create`, {
          name: model,
        });
        const made = await Promise.all(
          Array.from({ length: 6 }, async (_, number) => {
            // A version without files passes no gate.
            await either(number).put(
              `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/${experiment}/${runs[number]}/artifacts/model/MLmodel`,
              modelFile,
            );
            const { model_version: version } = await either(number).post(
              `${mlflow}/model-versions/create`,
              {
                name: model,
                source: `runs:/${runs[number]}/model`,
                run_id: runs[number],
              },
            );
            return Number(version.version);
          }),
        );
        versions.push(...made.sort((a, b) => a - b));
        assert.deepEqual(versions, [1, 2, 3, 4, 5, 6]);
      },
    ],
    [
      'the same promotion asked for at both is one promotion',
      async () => {
        await until('the versions in staging', async () => {
          const { items } = await ann[1].get(`${modelPath}/versions`);
          return items.length === 6;
        });
        const asked = await Promise.allSettled(
          Array.from({ length: 6 }, (_, number) =>
            either(number).post(`${modelPath}/versions/1/promotions`, {
              to: 'production',
              reason: `Asked by ${number}`,
            }),
          ),
        );
        const ids = new Set(
          asked.flatMap(({ status, value }) =>
            status === 'fulfilled' ? [value.id] : [],
          ),
        );
        const open = await promotions(ann[0], 1);
        assert.equal(open.length, 1, JSON.stringify(asked.map(String)));
        assert.deepEqual([...ids], [open[0].id]);
      },
    ],
    [
      'approved at both at once it is applied once, and the ledger tells of it once',
      async () => {
        const [{ id }] = await promotions(ann[0], 1);
        const path = `/api/ml-registry/v1/promotions/${id}`;
        await settled(ann[0], path, 'waiting-for-approval');
        await Promise.allSettled(
          Array.from({ length: 6 }, (_, number) =>
            eve[number % 2].post(`${path}/approve`),
          ),
        );
        await settled(ann[1], path, 'approved');
        assert.equal((await ann[0].get(path)).approvals.length, 1);
        await inProduction(ann, { version: 1, promoted: 1 });
      },
    ],
    [
      'two versions approved at once at two portals: each is applied once, one stands in production at the end',
      async () => {
        const paths = [];
        for (const version of [2, 3]) {
          const { id } = await ann[version % 2].post(
            `${modelPath}/versions/${version}/promotions`,
            { to: 'production' },
          );
          paths.push(`/api/ml-registry/v1/promotions/${id}`);
        }
        for (const path of paths) {
          await settled(ann[0], path, 'waiting-for-approval');
        }
        await Promise.allSettled([
          eve[0].post(`${paths[0]}/approve`),
          eve[1].post(`${paths[1]}/approve`),
        ]);
        const ended = await until('both to end', async () => {
          const found = await Promise.all(paths.map(path => ann[0].get(path)));
          // The second may have to be approved again: the champion it was compared with has changed.
          for (const [index, { state }] of found.entries()) {
            if (state === 'waiting-for-approval') {
              await eve[index].post(`${paths[index]}/approve`).catch(() => {});
            }
          }
          return found.every(({ state }) => isOver(state)) ? found : undefined;
        });
        const applied = ended.filter(({ state }) => state === 'approved');
        assert.ok(applied.length >= 1, JSON.stringify(ended));
        const { items } = await ann[1].get(`${modelPath}/versions`);
        const standing = items.filter(({ stage }) => stage === 'production');
        assert.equal(standing.length, 1);
        await inProduction(ann, {
          version: standing[0].version,
          promoted: 1 + applied.length,
        });
      },
    ],
    [
      'the first portal killed right after an approval: the second applies it, once',
      async () => {
        const { id } = await ann[0].post(`${modelPath}/versions/4/promotions`, {
          to: 'production',
        });
        const path = `/api/ml-registry/v1/promotions/${id}`;
        await settled(ann[1], path, 'waiting-for-approval');
        const approving = eve[0].post(`${path}/approve`).catch(() => undefined);
        await pause(20);
        await first.kill();
        await approving;
        const { approvals } = await eve[1].get(path);
        if (!approvals.length) await eve[1].post(`${path}/approve`);
        await settled(ann[1], path, 'approved');
        const told = await ledger(ann[1]);
        assert.equal(told.filter(({ version }) => version === 4).length, 1);
        assert.deepEqual(await standing(postgres), [4]);
      },
    ],
  ];
}

/** The least of a model that passes the gates: it says what it takes and gives. */
export const modelFile = `flavors:
  python_function: {loader_module: mlflow.onnx}
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "double", "name": "y"}]'
`;

async function createRun(someone, experiment) {
  const { run } = await someone.post(`${mlflow}/runs/create`, {
    experiment_id: experiment,
    start_time: started,
  });
  return run.info.run_id;
}

/**
 * Logs batches of 50 points over ten keys, each writer in an order of its own. Like MLflow's client it sends a batch
 * again when a connection breaks, to the next of the portals it knows.
 */
async function logBatches(someone, run, { writer, batches }) {
  const ways = [someone].flat();
  for (let batch = 0; batch < batches; batch += 1) {
    const metrics = Array.from({ length: 50 }, (_, index) => {
      const place = (index * [1, 3, 7, 9][writer % 4] + writer) % 50;
      const step = (batch * 16 + writer) * 50 + place;
      return {
        key: `k${place % 10}`,
        step,
        value: step / 7,
        timestamp: started + step,
      };
    });
    for (;;) {
      try {
        await ways[0].post(`${mlflow}/runs/log-batch`, {
          run_id: run,
          metrics,
        });
        break;
      } catch (error) {
        if (error.status || ways.length < 2) throw error;
        ways.shift();
      }
    }
  }
}

async function countPoints(someone, run) {
  let count = 0;
  for (let key = 0; key < 10; key += 1) {
    const { metrics } = await someone.get(
      `${mlflow}/metrics/get-history?run_id=${run}&metric_key=k${key}`,
    );
    count += metrics.length;
  }
  return count;
}

/** What the tables say: as many points as were sent, and one latest point of each key, the greatest. */
async function holds(postgres, run, points) {
  const [counted] = await query(
    postgres,
    `SELECT (SELECT count(*)::int FROM metrics WHERE run_id = $1) AS points,
      (SELECT count(*)::int FROM latest_metrics WHERE run_id = $1) AS latest,
      (SELECT count(*)::int FROM latest_metrics l WHERE run_id = $1 AND step <
        (SELECT max(step) FROM metrics m WHERE m.run_id = l.run_id AND m.key = l.key)) AS outdated`,
    [run],
  );
  assert.deepEqual(counted, { points, latest: 10, outdated: 0 });
}

async function promotions(someone, version) {
  const { items } = await someone.get(
    `/api/ml-registry/v1/promotions?model=${encodeURIComponent(modelRef)}`,
  );
  return items.filter(promotion => promotion.version === version);
}

const isOver = state =>
  !['checking', 'waiting-for-approval', 'applying'].includes(state);

async function settled(someone, path, state) {
  await until(`the promotion to be ${state}`, async () => {
    const found = await someone.get(path);
    if (found.state !== state && isOver(found.state)) {
      throw new Error(`${path} is ${found.state}: ${found.message}`);
    }
    return found.state === state;
  });
}

async function ledger(someone) {
  const { items } = await someone.get(`${modelPath}/history`);
  return items.filter(
    ({ action, to }) => action === 'promoted' && to === 'production',
  );
}

/** Exactly one version stands in production, at both portals and in the table; each promotion is told once. */
async function inProduction(people, { version, promoted }) {
  for (const someone of people) {
    const { items } = await someone.get(`${modelPath}/versions`);
    assert.deepEqual(
      items.filter(({ stage }) => stage === 'production').map(v => v.version),
      [version],
    );
    assert.equal((await ledger(someone)).length, promoted);
  }
}

async function standing(postgres) {
  const rows = await query(
    postgres,
    `SELECT version FROM model_versions WHERE name = $1 AND stage = 'production'`,
    [model],
  );
  return rows.map(row => row.version);
}

async function query(postgres, text, values) {
  const { Client } = load('pg');
  const client = new Client({
    connectionString: `${postgres.url}/backstage_plugin_ml-registry`,
  });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** One of the portals: its own port and gateway, the database and the artifacts of both. */
export async function replica({ node, folder, name, postgres }) {
  const port = await freePort();
  const dataDir = join(folder, name);
  await mkdir(dataDir, { recursive: true });
  const config = join(dataDir, 'app-config.json');
  const log = join(dataDir, 'portal.log');
  await writeFile(
    config,
    JSON.stringify({
      backend: {
        database: {
          client: 'pg',
          connection: {
            host: '127.0.0.1',
            port: postgres.port,
            user: 'postgres',
          },
        },
      },
      mlRegistry: {
        artifacts: { directory: join(folder, 'artifacts') },
        // Portals on one database have to have the same keys; that of artifacts lies in the folder they share.
        webhooks: { secretKey: 'the same key for both of the portals' },
      },
    }),
  );
  let child;
  let ended;
  let isUp = false;
  const url = `http://localhost:${port}`;
  const end = async signal => {
    isUp = false;
    if (!child) return;
    child.kill(signal);
    const late = setTimeout(() => child?.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(late);
    child = undefined;
  };
  return {
    url,
    get isUp() {
      return isUp;
    },
    async start() {
      const file = await open(log, 'a');
      child = startProcess(
        node,
        [
          '--require',
          join(root, 'node_modules/@backstage/cli/config/nodeTransform.cjs'),
          'src/index.ts',
          ...['--config', join(root, 'app-config.yaml'), '--config', config],
        ],
        {
          cwd: join(root, 'packages/backend'),
          env: {
            ...process.env,
            NODE_ENV: 'development',
            DOWNSTAGE_PORT: String(port),
            DOWNSTAGE_GATEWAY_PORT: String(await freePort()),
            DOWNSTAGE_DATA_DIR: dataDir,
          },
          stdio: ['ignore', file.fd, file.fd],
          // It ends its gateway itself, in order.
          alone: true,
        },
      );
      await file.close();
      let gone = false;
      ended = new Promise(done => child.once('exit', done)).then(() => {
        gone = true;
      });
      const outcome = await awaitStart({
        isReady: () =>
          fetch(`${url}/.backstage/health/v1/readiness`).then(
            answer => answer.ok,
            () => false,
          ),
        hasEnded: () => gone,
        progress: () => progressOf({ pid: child.pid, log }),
      });
      if (outcome !== 'ready')
        throw new Error(`The ${name} portal is ${outcome}; see ${log}`);
      isUp = true;
    },
    kill: () => end('SIGKILL'),
    async killWhileStarting(afterMs) {
      const starting = this.start().catch(() => {});
      await pause(afterMs);
      await end('SIGKILL');
      await starting;
      isUp = false;
    },
    async stop() {
      await end('SIGTERM');
      // A gateway outlives a portal that was killed.
      const gateway = await readFile(
        join(dataDir, 'gateway/gateway.json'),
        'utf8',
      ).then(
        text => JSON.parse(text).pid,
        () => undefined,
      );
      if (gateway && isAlive(gateway)) process.kill(gateway, 'SIGTERM');
    },
    complaints: async () => `${name}:\n${await complaintsIn(log)}`,
  };
}

if (process.argv[1]?.endsWith('replicas.mjs')) {
  const scratch =
    process.env.REPLICAS_SCRATCH ?? join(root, '.downstage', 'replicas-run');
  await rm(scratch, { recursive: true, force: true });
  endWith(await replicas({ node: process.execPath, scratch }));
}
