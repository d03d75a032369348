// Kill -9 at random moments of the golden path: train, register, promote, approve, serve, predict, evaluate, and once more
// from the beginning, until all kills are spent. Each client looks before it asks again. At the end nothing is lost, doubled or
// stuck, and the gateway has answered all along. The moments follow from a seed; a run that failed is repeated with it.
//   node e2e/randomKills.mjs [--kills 40] [--seed 1] [--replicas]
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres } from '../scripts/postgres.mjs';
import { checkOptions, option, root } from '../scripts/shell.mjs';
import {
  askGateway,
  createProject,
  leaveNothing,
  startWithData,
} from './crash.mjs';
import { isAlive, minute, person, portalOn, second, until } from './portal.mjs';
import { modelFile, replica } from './replicas.mjs';
import { endWith, walkSteps } from './steps.mjs';

const api = '/api/ml-registry/v1';
const mlflow = '/api/ml-registry/mlflow/api/2.0';

/** One portal, as `npm start` runs it. */
export async function randomKills({ node, scratch, kills = 40, seed }) {
  const portal = await portalOn({ node, dataDir: join(scratch, 'kills') });
  const path = onePortal({ portal, random: randomOf(seed), kills });
  try {
    return await walkSteps(path, { explain: portal.complaints });
  } finally {
    await leaveNothing(portal);
  }
}

/** Two portals on one PostgreSQL, of which one or the other is killed; never both at once. */
export async function randomKillsOfReplicas(options) {
  const { node, scratch, kills = 40, seed } = options;
  const folder = join(scratch, 'kills-of-replicas');
  await mkdir(folder, { recursive: true });
  const postgres = await startPostgres(join(folder, 'postgresql'));
  const portals = [];
  try {
    for (const name of ['first', 'second'])
      portals.push(await replica({ node, folder, name, postgres }));
    return await walkSteps(
      twoPortals({ portals, random: randomOf(seed), kills }),
      {
        explain: async () =>
          (
            await Promise.all(portals.map(portal => portal.complaints()))
          ).join('\n'),
      },
    );
  } finally {
    await Promise.all(portals.map(portal => portal.stop()));
    await postgres.stop();
  }
}

function onePortal({ portal, random, kills }) {
  const model = 'kill-screening';
  const modelRef = `model:default/${model}`;
  const modelPath = `${api}/models/default/${model}`;
  const endpointPath = `/api/ml-serving/v1/endpoints/default/${model}`;
  const monitorPath = `/api/ml-monitoring/v1/monitors/default/${model}`;
  const of = `model=${encodeURIComponent(modelRef)}`;
  const ann = insistent(() => [portal.url], 'ann');
  const eve = insistent(() => [portal.url], 'eve');
  const killed = killer({ kills, random, victim: () => portal });
  const listJobs = async () => everyPage(ann, `/api/ml-jobs/v1/jobs?${of}`);
  let rows;
  let answered = 0;
  let cycles = 0;

  const predict = async () => {
    const token = await ann.token();
    for (let from = 0; from < 60; from += 20) {
      const some = rows.slice(from, from + 20);
      await askGateway(portal, { model, token, rows: some });
      answered += 20;
    }
  };

  const trained = async cycle => {
    if (cycle > 1) {
      await ensure(
        `job ${cycle}`,
        async () => (await listJobs()).length >= cycle,
        async () => {
          const [latest] = await listJobs();
          await ann.once.post(`/api/ml-jobs/v1/jobs/${latest.id}/rerun`);
        },
      );
    }
    const jobs = await until(
      `the end of job ${cycle}`,
      async () => {
        const found = await listJobs();
        return found.every(job => isOver(job.state)) ? found : undefined;
      },
      10 * minute,
    );
    assert.equal(jobs.length, cycle, 'each job was submitted once');
    for (const job of jobs) {
      assert.equal(job.state, 'succeeded', `${job.id}: ${job.message}`);
      const good = job.attempts.filter(({ state }) => state === 'succeeded');
      assert.equal(good.length, 1, JSON.stringify(job.attempts));
    }
  };

  const served = async cycle => {
    await ensure(
      'the endpoint',
      () => ann.find(endpointPath),
      () => ann.once.post('/api/ml-serving/v1/endpoints', { modelRef }),
    );
    await until(`version ${cycle} to answer`, async () => {
      const { state, variants } = await ann.get(endpointPath);
      return state === 'ready' && variants[0]?.version === cycle;
    });
    await predict();
    const windows = async () =>
      (await everyPage(ann, `${monitorPath}/windows`)).length;
    const before = (await ann.find(monitorPath)) ? await windows() : 0;
    await ensure(
      'a window of the monitor',
      async () => (await ann.find(monitorPath)) && (await windows()) > before,
      () => ann.once.post(`${monitorPath}/evaluate`),
    );
  };

  return [
    [
      'Ann has a project, whose first job trains',
      async () => {
        rows = await startWithData(portal, ann);
        await createProject(ann, { name: model, title: 'Kill screening' });
      },
    ],
    [
      `${kills} times killed at random moments, the path goes on to its end each time`,
      async () => {
        const killing = killed.start();
        try {
          while (!killed.isDone() || cycles === 0) {
            cycles += 1;
            await killed.unlessFailed(
              (async () => {
                await trained(cycles);
                await promoted({ ann, eve, modelPath, of, version: cycles });
                await served(cycles);
              })(),
            );
          }
        } finally {
          killed.stop();
          await killing;
        }
        return `${killed.said()}; ${cycles} times from training to monitoring`;
      },
    ],
    [
      'nothing is lost, doubled or stuck',
      async () => {
        if (!portal.isUp) await portal.start();
        await trained(cycles);
        await complete({ ann, modelPath, versions: cycles });
        const queue = await ann.get('/api/ml-jobs/v1/queue');
        assert.deepEqual([queue.queued, queue.running], [[], []]);
        const runs = await everyPage(ann, `${api}/runs?${of}`);
        const open = runs.filter(({ status }) => status === 'RUNNING');
        assert.deepEqual(open, [], 'no run hangs in RUNNING');
        const { items: endpoints } = await ann.get(
          '/api/ml-serving/v1/endpoints',
        );
        assert.equal(endpoints.length, 1);
        await ann.post(`${endpointPath}/prediction-log/roll`);
        await until('all answers in the prediction log', async () => {
          const log = await ann.get(`${endpointPath}/prediction-log`);
          assert.equal(log.dropped, 0);
          assert.ok(log.rows <= answered, `${log.rows} rows of ${answered}`);
          return log.rows === answered;
        });
        return `${cycles} jobs, versions and promotions, ${answered} predictions in the log`;
      },
    ],
    [
      'stopped in good order, it leaves no process behind',
      async () => {
        const pids = [portal.backendPid(), await portal.gatewayPid()];
        await portal.stop();
        await until('the end of both', () => pids.every(pid => !isAlive(pid)));
      },
    ],
  ];
}

function twoPortals({ portals, random, kills }) {
  const model = 'kill-replicated';
  const modelPath = `${api}/models/default/${model}`;
  const of = `model=${encodeURIComponent(`model:default/${model}`)}`;
  const people = name =>
    insistent(
      () => portals.filter(({ isUp }) => isUp).map(({ url }) => url),
      name,
    );
  const [ann, eve] = [people('ann'), people('eve')];
  const killed = killer({
    kills,
    random,
    victim: () => portals[Math.floor(random() * 2)],
  });
  let experiment;
  let cycles = 0;

  const registered = async version => {
    const name = `cycle-${version}`;
    const find = async () =>
      (
        await ann.post(`${mlflow}/mlflow/runs/search`, {
          experiment_ids: [experiment],
          filter: `attributes.run_name = '${name}'`,
        })
      ).runs ?? [];
    await ensure(
      `the run ${name}`,
      async () => (await find()).length > 0,
      () =>
        ann.once.post(`${mlflow}/mlflow/runs/create`, {
          experiment_id: experiment,
          run_name: name,
          start_time: Date.now(),
        }),
    );
    const runs = await find();
    assert.equal(runs.length, 1, 'the run was made once');
    const { run_id: run } = runs[0].info;
    // The same points again change nothing.
    await ann.post(`${mlflow}/mlflow/runs/log-batch`, {
      run_id: run,
      metrics: Array.from({ length: 200 }, (_, step) => ({
        key: 'auc',
        step,
        value: step / 200,
        timestamp: 1_700_000_000_000 + step,
      })),
    });
    await ann.put(
      `${mlflow}/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/model/MLmodel`,
      modelFile,
    );
    await ann.post(`${mlflow}/mlflow/runs/update`, {
      run_id: run,
      status: 'FINISHED',
      end_time: Date.now(),
    });
    const { metrics } = await ann.get(
      `${mlflow}/mlflow/metrics/get-history?run_id=${run}&metric_key=auc`,
    );
    assert.equal(metrics.length, 200, 'no point is lost or doubled');
    await ensure(
      `version ${version}`,
      async () => ((await versionsOf(ann, modelPath))?.length ?? 0) >= version,
      () =>
        ann.once.post(`${mlflow}/mlflow/model-versions/create`, {
          name: model,
          source: `runs:/${run}/model`,
          run_id: run,
        }),
    );
  };

  return [
    [
      'both portals start on one database',
      async () => {
        await Promise.all(portals.map(portal => portal.start()));
        await ensure(
          'the experiment',
          async () => {
            experiment = (
              await ann.find(
                `${mlflow}/mlflow/experiments/get-by-name?experiment_name=kills`,
              )
            )?.experiment.experiment_id;
            return experiment;
          },
          () =>
            ann.once.post(`${mlflow}/mlflow/experiments/create`, {
              name: 'kills',
            }),
        );
        await ann.post(`${mlflow}/mlflow/registered-models/create`, {
          name: model,
        });
      },
    ],
    [
      `one or the other killed ${kills} times at random moments, the path goes on to its end each time`,
      async () => {
        const killing = killed.start();
        try {
          while (!killed.isDone() || cycles === 0) {
            cycles += 1;
            await killed.unlessFailed(
              (async () => {
                await registered(cycles);
                await promoted({ ann, eve, modelPath, of, version: cycles });
              })(),
            );
          }
        } finally {
          killed.stop();
          await killing;
        }
        return `${killed.said()}; ${cycles} times from a run to production`;
      },
    ],
    [
      'nothing is lost, doubled or stuck, at either of them',
      async () => {
        for (const portal of portals) if (!portal.isUp) await portal.start();
        for (const { url } of portals) {
          await complete({
            ann: insistent(() => [url], 'ann'),
            modelPath,
            versions: cycles,
          });
        }
      },
    ],
  ];
}

/** A version goes to production: asked for once, approved once, applied once. */
async function promoted({ ann, eve, modelPath, of, version }) {
  await until(`version ${version} past its gates`, async () =>
    (
      await versionsOf(ann, modelPath)
    )?.some(each => each.version === version && each.stage !== 'none'),
  );
  const find = async () => {
    const { items } = await ann.get(`${api}/promotions?${of}`);
    return items.filter(each => each.version === version);
  };
  await ensure(
    `a promotion of version ${version}`,
    async () => (await find()).length > 0,
    () =>
      ann.once.post(`${modelPath}/versions/${version}/promotions`, {
        to: 'production',
        reason: `Version ${version}`,
      }),
  );
  const [{ id }] = await find();
  const path = `${api}/promotions/${id}`;
  const seen = [];
  const told = () =>
    `promotion ${version} to be applied; seen: ${seen.slice(-8).join(', ')}`;
  await until(told, async () => {
    const { state, message } = await ann.get(path);
    const now = `${state} (${message})`;
    if (seen.at(-1) !== now) seen.push(now);
    assert.ok(
      [
        ...['requested', 'checking', 'waiting-for-approval', 'applying'],
        'approved',
      ].includes(state),
      `the promotion is ${state}: ${message}`,
    );
    if (state === 'waiting-for-approval')
      await eve.once.post(`${path}/approve`).catch(error => {
        seen.push(error.message);
        orLost(error);
      });
    return state === 'approved';
  });
  assert.equal((await find()).length, 1, 'it was asked for once');
  assert.equal((await ann.get(path)).approvals.length, 1);
}

/** Versions 1 to n are there, and the last one alone is in production. The ledger tells of each promotion once. */
async function complete({ ann, modelPath, versions }) {
  const all = Array.from({ length: versions }, (_, index) => index + 1);
  const found = await versionsOf(ann, modelPath);
  assert.deepEqual(
    found.map(({ version }) => version).sort((a, b) => a - b),
    all,
  );
  assert.deepEqual(
    found.filter(({ stage }) => stage === 'production').map(v => v.version),
    [versions],
  );
  const entries = await everyPage(ann, `${modelPath}/history`);
  const told = entries.filter(
    ({ action, to }) => action === 'promoted' && to === 'production',
  );
  assert.deepEqual(
    told.map(({ version }) => version).sort((a, b) => a - b),
    all,
  );
}

const versionsOf = (someone, modelPath) =>
  everyPage(someone, `${modelPath}/versions`);

/** The whole list, page by page, for a fast machine makes more than one page; undefined where there is none yet. */
async function everyPage(someone, path) {
  const all = [];
  const joint = path.includes('?') ? '&' : '?';
  let cursor = '';
  do {
    const page = await someone.find(`${path}${cursor}`);
    if (!page) return undefined;
    all.push(...page.items);
    cursor = page.nextCursor
      ? `${joint}cursor=${encodeURIComponent(page.nextCursor)}`
      : '';
  } while (cursor);
  return all;
}

const isOver = state => ['succeeded', 'failed', 'cancelled'].includes(state);

/**
 * Kills the victim again and again and starts it anew. It waits for a moment between nothing and twenty seconds, mostly
 * a short one. One time in five the victim is still starting.
 */
function killer({ kills, random, victim }) {
  let done = 0;
  let whileStarting = 0;
  let stopped = false;
  let failure;
  let fail;
  const failed = new Promise((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const work = async () => {
    while (done < kills && !stopped) {
      await pause(20 * second * random() ** 2);
      if (stopped) return;
      const portal = victim();
      await portal.kill();
      done += 1;
      while (done < kills && random() < 0.2) {
        await portal.killWhileStarting(15 * second * random());
        done += 1;
        whileStarting += 1;
      }
      await portal.start();
      process.stdout.write(`    killed ${done} of ${kills}\n`);
    }
  };
  return {
    isDone: () => done >= kills,
    said: () => `${done} kills, ${whileStarting} of them during a start`,
    start: () =>
      work().catch(error => {
        failure = error;
        fail(error);
      }),
    stop: () => {
      stopped = true;
    },
    /** What is under way, or what went wrong with the killing. */
    unlessFailed: async walk => {
      if (failure) throw failure;
      return Promise.race([walk, failed]);
    },
  };
}

/** Until it is so: looks, and asks when it is not. An answer that was lost may have been a yes, so it looks again first. */
async function ensure(what, isSo, ask) {
  await until(what, async () => {
    if (await isSo()) return true;
    await ask().catch(error => orLost(error));
    return isSo();
  });
}

/** What one answers that is starting: its plugins have no routes yet, or do not know each other's keys. */
const startingToo = [401, 404, 502, 503];

/** Lets pass what a portal answers that is being killed or starts: nothing, or one of these. */
function orLost(error, answers = [...startingToo, 409]) {
  const isLost =
    error.status === undefined
      ? error instanceof TypeError || /terminated|socket/.test(error.message)
      : answers.includes(error.status);
  if (!isLost) throw error;
}

/**
 * Somebody who asks again until a portal answers; `once` asks once, and hears when the answer was lost. `urls` answers the
 * portals that are up.
 */
function insistent(urls, name, random = Math.random) {
  const known = new Map();
  const someone = () => {
    const up = urls();
    if (!up.length) throw new TypeError('no portal is up');
    const url = up[Math.floor(random() * up.length)];
    // A token lives longer than a portal, and ends after an hour.
    if (!(known.get(url)?.until > Date.now())) {
      known.set(url, {
        who: person(url, `user:default/${name}`),
        until: Date.now() + 30 * minute,
      });
    }
    return known.get(url).who;
  };
  const insist = (method, ...given) =>
    until(
      `an answer to ${method} ${given[0] ?? ''}`,
      async () => {
        try {
          return { answer: await someone()[method](...given) };
        } catch (error) {
          orLost(error, startingToo);
          return undefined;
        }
      },
      minute,
    ).then(({ answer }) => answer);
  return {
    get: path => insist('get', path),
    find: path => insist('find', path),
    post: (path, body) => insist('post', path, body),
    put: (path, text) => insist('put', path, text),
    token: () => insist('token'),
    once: { post: async (path, body) => someone().post(path, body) },
  };
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (process.argv[1]?.endsWith('randomKills.mjs')) {
  const args = process.argv.slice(2);
  checkOptions(args, {
    values: ['--kills', '--seed'],
    switches: ['--replicas'],
    usage: 'node e2e/randomKills.mjs [--kills 40] [--seed 1] [--replicas]\n',
  });
  const scratch =
    process.env.KILLS_SCRATCH ?? join(root, '.downstage', 'kills-run');
  await rm(scratch, { recursive: true, force: true });
  const run = args.includes('--replicas') ? randomKillsOfReplicas : randomKills;
  endWith(
    await run({
      node: process.execPath,
      scratch,
      kills: Number(option(args, '--kills') ?? 40),
      seed: Number(option(args, '--seed') ?? 1),
    }),
  );
}
