// Kill -9 of the portal at the worst moments: while a job is prepared, while it trains, during a promotion, during a
// deployment. After the next start nothing is lost, doubled or stuck, and the gateway has gone on answering. At its
// end, a script of plain MLflow runs against the same portal.
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processesIn } from '../scripts/processes.mjs';
import { root } from '../scripts/shell.mjs';
import { plainMlflow } from './plainMlflow.mjs';
import { isAlive, minute, person, portalOn, second, until } from './portal.mjs';
import { endWith, walkSteps } from './steps.mjs';
import { tokens } from './tokens.mjs';

const model = 'crash-screening';
const modelRef = `model:default/${model}`;
const modelPath = `/api/ml-registry/v1/models/default/${model}`;
const endpointPath = `/api/ml-serving/v1/endpoints/default/${model}`;
const jobsPath = `/api/ml-jobs/v1/jobs?model=${encodeURIComponent(modelRef)}`;
const promotionsPath = `/api/ml-registry/v1/promotions?model=${encodeURIComponent(
  modelRef,
)}`;

/**
 * Crashes a portal of its own. Steps depend on each other: after a failure the rest counts as failed.
 * `python` is one with MLflow and scikit-learn; without it the plain script is left to somebody else.
 */
export async function crashes({ node, scratch, python }) {
  const dataDir = join(scratch, 'crash-portal');
  const portal = await portalOn({ node, dataDir });
  try {
    return await walkSteps(walk({ portal, python }), {
      explain: portal.complaints,
    });
  } finally {
    await leaveNothing(portal);
  }
}

function walk({ portal, python }) {
  const ann = person(portal.url, 'user:default/ann');
  const eve = person(portal.url, 'user:default/eve');
  const versions = async () => (await ann.get(`${modelPath}/versions`)).items;
  const job = async () => (await ann.get(jobsPath)).items[0];
  let rows;
  let promotion;
  let gatewayPid;
  let answered = 0;

  const predict = async (from, to) => {
    const { predictions } = await askGateway(portal, {
      model,
      token: await ann.token(),
      rows: rows.slice(from, to),
    });
    assert.equal(predictions.length, to - from);
    answered += to - from;
  };

  return [
    [
      'Ann registers the data set and creates a project, which submits a job',
      async () => {
        rows = await startWithData(portal, ann);
        await createProject(ann, { name: model, title: 'Crash screening' });
        assert.ok(await job(), 'the template submitted no job');
      },
    ],
    [
      'killed while the environment of the job is built, the portal builds it again and trains',
      async () => {
        await until(
          'the job to prepare',
          async () => (await job()).state === 'preparing',
          2 * minute,
          20,
        );
        await killedBesideItsJob(portal);
        await until(
          'the job to run',
          async () => {
            const { state, message } = await job();
            assert.ok(
              ['queued', 'preparing', 'running'].includes(state),
              `the job is ${state}: ${message}`,
            );
            return state === 'running';
          },
          8 * minute,
          20,
        );
      },
    ],
    [
      'killed while the job trains, the portal finds it, and it ends with one version',
      async () => {
        await killedBesideItsJob(portal);
        const ended = await until(
          'the end of the job',
          async () => {
            const found = await job();
            return ['succeeded', 'failed', 'cancelled'].includes(found.state)
              ? found
              : undefined;
          },
          5 * minute,
        );
        assert.equal(ended.state, 'succeeded', ended.message);
        const good = ended.attempts.filter(
          ({ state }) => state === 'succeeded',
        );
        assert.equal(good.length, 1, JSON.stringify(ended.attempts));
        assert.equal((await versions()).length, 1);
        const { items: jobs } = await ann.get(jobsPath);
        assert.equal(jobs.length, 1, 'the job was submitted once');
        const queue = await ann.get('/api/ml-jobs/v1/queue');
        assert.equal(queue.queued.length, 0);
        const { items: runs } = await ann.get(
          `/api/ml-registry/v1/runs?model=${encodeURIComponent(modelRef)}`,
        );
        for (const run of runs)
          assert.notEqual(
            run.status,
            'RUNNING',
            `run ${run.runId} hangs in RUNNING`,
          );
      },
    ],
    [
      'killed right after Ann asked for a promotion, the portal goes on to check its gates',
      async () => {
        await until('version 1 in staging', async () =>
          (await versions()).some(({ stage }) => stage === 'staging'),
        );
        promotion = await ann.post(`${modelPath}/versions/1/promotions`, {
          to: 'production',
          reason: 'The first one',
        });
        await portal.kill();
        await portal.start();
        await until('the promotion to wait for approval', async () => {
          const { items } = await ann.get(promotionsPath);
          assert.equal(items.length, 1);
          assert.notEqual(items[0].state, 'blocked', items[0].message);
          return items[0].state === 'waiting-for-approval';
        });
      },
    ],
    [
      'killed while Eve approves, the promotion is applied once or can be approved again',
      async () => {
        const path = `/api/ml-registry/v1/promotions/${promotion.id}`;
        await eve.get(path);
        // Not awaited: the crash comes somewhere between the request's arrival and its answer.
        const approving = eve.post(`${path}/approve`).catch(() => undefined);
        await pause(25);
        await portal.kill();
        await approving;
        await portal.start();
        const { state, approvals } = await eve.get(path);
        process.stdout.write(
          `    after the crash it is ${state} with ${approvals.length} approvals\n`,
        );
        if (!approvals.length) await eve.post(`${path}/approve`);
        await until(
          'the promotion to be applied',
          async () => (await ann.get(path)).state === 'approved',
        );
        await inProduction({ ann, version: 1, promoted: 1 });
        assert.equal((await ann.get(path)).approvals.length, 1);
      },
    ],
    [
      'killed right after Ann created the endpoint, the portal deploys it',
      async () => {
        await ann.post('/api/ml-serving/v1/endpoints', { modelRef });
        await portal.kill();
        await portal.start();
        await until(
          'the endpoint to be ready',
          async () => (await ann.get(endpointPath)).state === 'ready',
        );
        const { items } = await ann.get('/api/ml-serving/v1/endpoints');
        assert.equal(items.length, 1);
        await predict(0, 5);
      },
    ],
    [
      'while the portal is down the gateway answers; the next portal adopts it',
      async () => {
        gatewayPid = await portal.gatewayPid();
        await portal.kill();
        for (let start = 5; start < 105; start += 10) {
          await predict(start, start + 10);
          await pause(100);
        }
        assert.ok(isAlive(gatewayPid), 'the gateway ended with the portal');
        await portal.start();
        await until('the gateway to be adopted', async () => {
          const { state, gateway } = await ann.get(endpointPath);
          return gateway.alive && state === 'ready';
        });
        assert.equal(await portal.gatewayPid(), gatewayPid);
        const asked = await ann.post(`${endpointPath}/predict`, {
          rows: rows.slice(0, 5),
        });
        answered += asked.predictions.length;
        await ann.post(`${endpointPath}/prediction-log/roll`);
        await until('the answers in the prediction log', async () => {
          const log = await ann.get(`${endpointPath}/prediction-log`);
          assert.equal(log.dropped, 0);
          return log.rows === answered;
        });
      },
    ],
    [
      'killed while a second version takes over, the endpoint ends up with it and no request fails',
      async () => {
        const { id } = await job();
        await ann.post(`/api/ml-jobs/v1/jobs/${id}/rerun`);
        await until(
          'version 2 in staging',
          async () =>
            (await versions()).find(({ version }) => version === 2)?.stage ===
            'staging',
          5 * minute,
        );
        const { id: promotionId } = await ann.post(
          `${modelPath}/versions/2/promotions`,
          { to: 'production' },
        );
        const path = `/api/ml-registry/v1/promotions/${promotionId}`;
        await until(
          'the second promotion to wait for approval',
          async () => (await ann.get(path)).state === 'waiting-for-approval',
        );
        // From here on applications ask without a break, portal or no portal.
        let asking = true;
        const application = (async () => {
          while (asking) {
            await predict(0, 1);
            await pause(20);
          }
        })();
        application.catch(() => undefined);
        try {
          await eve.post(`${path}/approve`);
          await until(
            'the second promotion to be applied',
            async () => (await ann.get(path)).state === 'approved',
            minute,
            10,
          );
          await portal.kill();
          await portal.start();
          await until('version 2 to answer', async () => {
            const { state, variants } = await ann.get(endpointPath);
            return state === 'ready' && variants[0]?.version === 2;
          });
        } finally {
          asking = false;
        }
        await application;
        await inProduction({ ann, version: 2, promoted: 2 });
        assert.equal(await portal.gatewayPid(), gatewayPid);
      },
    ],
    [
      'when the start command alone is killed, the next start ends the portal it left and goes on',
      async () => {
        const left = portal.backendPid();
        await portal.killStarter();
        await portal.start();
        assert.ok(!isAlive(left), `process ${left} was left behind`);
        await until('the endpoint to be ready', async () => {
          const { state, gateway } = await ann.get(endpointPath);
          return gateway.alive && state === 'ready';
        });
        await predict(0, 5);
        gatewayPid = await portal.gatewayPid();
      },
    ],
    ...(python ? plainMlflow({ portal, ann, python }) : []),
    ...(python ? tokens({ portal, ann, python }) : []),
    [
      'stopped in good order, the portal takes its gateway with it',
      async () => {
        await portal.stop();
        await until('the end of both', () =>
          [portal.backendPid(), gatewayPid].every(pid => !isAlive(pid)),
        );
      },
    ],
    [
      'interrupted while it starts, the start command takes its portal with it',
      async () => {
        const pid = await portal.interruptWhileStarting();
        assert.ok(!isAlive(pid), `process ${pid} was left behind`);
      },
    ],
  ];
}

/** Exactly one version stands in production, and the ledger tells of each promotion once. */
async function inProduction({ ann, version, promoted }) {
  const { items } = await ann.get(`${modelPath}/versions`);
  assert.deepEqual(
    items.filter(({ stage }) => stage === 'production').map(v => v.version),
    [version],
  );
  const { items: history } = await ann.get(`${modelPath}/history`);
  const told = history.filter(
    ({ action, to }) => action === 'promoted' && to === 'production',
  );
  assert.equal(told.length, promoted, JSON.stringify(history, null, 1));
  assert.equal(told.filter(entry => entry.version === version).length, 1);
}

/**
 * Kills the portal and starts it again. Its job stands still meanwhile. A start can take longer than the training of a
 * small model. The next portal would then see the end only.
 */
async function killedBesideItsJob(portal) {
  const held = await until(
    'a process of the job',
    () => {
      const pids = ['jobs', 'environments'].flatMap(folder =>
        processesIn(join(portal.dataDir, folder)),
      );
      const others = pids.filter(pid => pid !== portal.backendPid());
      return others.length ? others : undefined;
    },
    minute,
    20,
  );
  const tell = signal => {
    for (const pid of held) if (isAlive(pid)) process.kill(pid, signal);
  };
  tell('SIGSTOP');
  try {
    await portal.kill();
    await portal.start();
  } finally {
    tell('SIGCONT');
  }
}

/** Starts the portal with a version of the example data; answers rows, as an application would send them. */
export async function startWithData(portal, ann) {
  await portal.start();
  await until('the data set in the catalog', () =>
    ann.find('/api/catalog/entities/by-name/dataset/default/breast-masses'),
  );
  await ann.post('/api/ml-data/v1/datasets/default/breast-masses/versions');
  return sampleRows();
}

/** A project from the template, which submits its first job. */
export async function createProject(ann, { name, title, namespace }) {
  await until('the template in the catalog', () =>
    ann.find('/api/catalog/entities/by-name/template/default/tabular-sklearn'),
  );
  const { id } = await ann.post('/api/scaffolder/v2/tasks', {
    templateRef: 'template:default/tabular-sklearn',
    values: {
      name,
      ...(namespace && { namespace }),
      title,
      description: 'Trained by a portal that is killed now and then',
      owner: 'group:default/diagnostics',
      risk: 'limited',
      dataset: 'dataset:default/breast-masses',
      target: 'malignant',
      metric: 'val_auc',
      goal: 0.97,
      publishTo: 'local',
    },
  });
  await until('the project', async () => {
    const { status } = await ann.get(`/api/scaffolder/v2/tasks/${id}`);
    assert.notEqual(status, 'failed', `the template failed, task ${id}`);
    return status === 'completed';
  });
}

async function sampleRows() {
  const file = join(root, 'examples/data/breast-masses.csv');
  const [header, ...lines] = (await readFile(file, 'utf8')).trim().split('\n');
  const names = header.trim().split(',');
  return lines.map(line =>
    Object.fromEntries(
      line
        .trim()
        .split(',')
        .map((value, index) => [names[index], Number(value)])
        .filter(([name]) => name !== 'mass_id' && name !== 'malignant'),
    ),
  );
}

/** Asks the gateway itself, as an application does. */
export async function askGateway({ gatewayUrl }, { model, token, rows }) {
  const response = await fetch(`${gatewayUrl}/v2/models/${model}/predict`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ rows }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}

/** A portal that stops in good order ends its jobs and gateway; one that crashed is started once more to do so. */
export async function leaveNothing(portal) {
  const gateway = await portal.gatewayPid();
  try {
    const left = [gateway, portal.backendPid()].some(
      pid => pid && isAlive(pid),
    );
    if (!portal.isUp && left) await portal.start();
    if (portal.isUp) await portal.stop();
  } catch (error) {
    process.stdout.write(
      `  The portal could not be stopped: ${error.message}\n`,
    );
    if (gateway && isAlive(gateway)) process.kill(gateway, 'SIGKILL');
  }
}

if (process.argv[1]?.endsWith('crash.mjs')) {
  const scratch = join(root, '.downstage', 'crash-run');
  await rm(scratch, { recursive: true, force: true });
  endWith(
    await crashes({
      node: process.execPath,
      scratch,
      python: process.env.DOWNSTAGE_TEST_PYTHON,
    }),
  );
}
