// A real MLflow server with content of the real client is imported into a portal. It is killed in the middle, twice.
// Afterwards both are read with the real client and compared, down to every point and every file's bytes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startProcess } from '../scripts/processes.mjs';
import { root } from '../scripts/shell.mjs';
import { minute, person, portalOn, until } from './portal.mjs';
import { walkSteps } from './steps.mjs';

const RUNS = 12;
const script = join(root, 'e2e/importMlflow.py');
const quiet = {
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  GIT_PYTHON_REFRESH: 'quiet',
};

/** Imports from a server of its own into a portal of its own. `python` is one with MLflow and scikit-learn. */
export async function importsMlflow({ node, scratch, python }) {
  // The server is on this machine, which an import does not call unless told to.
  process.env.APP_CONFIG_mlRegistry_import_allow = '["127.0.0.1"]';
  const folder = join(scratch, 'import');
  await mkdir(folder, { recursive: true });
  const server = await mlflowServer({ python, folder });
  const portal = await portalOn({ node, dataDir: join(folder, 'portal') });
  try {
    return await walkSteps(walk({ server, portal, python, folder }), {
      explain: portal.complaints,
    });
  } finally {
    if (portal.isUp) await portal.stop();
    server.stop();
    delete process.env.APP_CONFIG_mlRegistry_import_allow;
  }
}

function walk({ server, portal, python, folder }) {
  const dora = person(portal.url, 'user:default/dora');
  const ann = person(portal.url, 'user:default/ann');
  const uri = `${portal.url}/api/ml-registry/mlflow`;
  let id;
  const look = () => dora.get(`/api/ml-registry/v1/imports/${id}`);
  const count = (found, kind) => found.counts.find(one => one.kind === kind);
  const start = () =>
    dora.post('/api/ml-registry/v1/imports', {
      uri: server.uri,
      token: 'a token that the server does not read',
    });
  const finished = () =>
    until(
      'the end of the import',
      async () => {
        const found = await look();
        assert.ok(
          ['running', 'succeeded'].includes(found.state),
          `${found.state}: ${found.message}`,
        );
        return found.state === 'succeeded' && found;
      },
      10 * minute,
    );
  /**
   * Kills the portal when it has come so far, and starts it again. The server stands still meanwhile: a started portal
   * goes on at once, and may be at the end before anybody looks.
   */
  const killAt = async (kind, added) => {
    await until(
      `${added} of ${kind}`,
      async () => {
        const found = await look();
        assert.equal(found.state, 'running', found.message);
        return count(found, kind).found >= added;
      },
      5 * minute,
      150,
    );
    server.tell('SIGSTOP');
    try {
      await portal.kill();
      await portal.start();
    } finally {
      server.tell('SIGCONT');
    }
    return `killed with ${added} of kind ${kind} here`;
  };
  const compare = async () => {
    const { stdout } = await promisify(execFile)(
      python,
      [script, 'compare', server.uri, uri],
      {
        cwd: folder,
        maxBuffer: 64 * 1024 * 1024,
        env: {
          ...process.env,
          ...quiet,
          MLFLOW_TRACKING_TOKEN: await dora.token(),
        },
      },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1));
  };

  return [
    [
      'A real MLflow server is filled with the real client',
      async () => {
        await promisify(execFile)(
          python,
          [script, 'seed', server.uri, String(RUNS)],
          { cwd: folder, env: { ...process.env, ...quiet } },
        );
      },
    ],
    [
      'an administrator may import, an owner of models may not',
      async () => {
        await portal.start();
        await assert.rejects(
          ann.post('/api/ml-registry/v1/imports', { uri: server.uri }),
          { status: 403 },
        );
        id = (await start()).id;
        await assert.rejects(start(), { status: 409 });
      },
    ],
    ['killed among the runs, the import goes on', () => killAt('run', 5)],
    ['killed again further on, it goes on again', () => killAt('run', 15)],
    [
      'it ends, having left out what it says and why',
      async () => {
        const found = await finished();
        assert.equal(count(found, 'run').found, 2 * RUNS);
        assert.equal(count(found, 'version').added, 5);
        const { items } = await dora.get(
          `/api/ml-registry/v1/imports/${id}/omissions`,
        );
        assert.deepEqual(
          items.map(({ sourceId }) => sourceId),
          ['churn@champion'],
          JSON.stringify(items),
        );
        return `${found.points} points, ${found.files} files, ${found.bytes} bytes; left out: ${items[0].reason}`;
      },
    ],
    [
      'both servers say the same to the real client, and every file has the same bytes',
      async () => {
        const { counted, different, differences } = await compare();
        assert.equal(differences, 0, JSON.stringify(different, null, 1));
        return JSON.stringify(counted);
      },
    ],
    [
      'nothing went into production past the gates',
      async () => {
        const { items } = await dora.get(
          '/api/ml-registry/v1/models/default/churn/versions',
        );
        assert.ok(items.every(({ stage }) => stage !== 'production'));
        const three = items.find(({ version }) => version === 3);
        assert.equal(three.tags['downstage.imported.stage'], 'Production');
      },
    ],
    [
      'imported again, nothing is doubled and only what is new is added',
      async () => {
        await promisify(execFile)(
          python,
          [
            '-c',
            "import mlflow; mlflow.set_experiment('two'); mlflow.start_run(run_name='new'); mlflow.log_metric('loss', 1); mlflow.end_run()",
          ],
          {
            cwd: folder,
            env: { ...process.env, ...quiet, MLFLOW_TRACKING_URI: server.uri },
          },
        );
        id = (await start()).id;
        const found = await finished();
        const { added, known } = count(found, 'run');
        assert.deepEqual({ added, known }, { added: 1, known: 2 * RUNS });
        assert.equal(count(found, 'version').added, 0);
        const { differences, different } = await compare();
        assert.equal(differences, 0, JSON.stringify(different, null, 1));
      },
    ],
  ];
}

/** The newest MLflow server, on SQLite and a free port, handing out its artifacts itself. */
async function mlflowServer({ python, folder }) {
  const port = await freePort();
  const uri = `http://127.0.0.1:${port}`;
  const child = startProcess(
    join(python, '../mlflow'),
    [
      'server',
      ...['--host', '127.0.0.1', '--port', String(port)],
      ...['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
      ...['--artifacts-destination', join(folder, 'mlflow-artifacts')],
      ...['--workers', '1'],
    ],
    {
      cwd: folder,
      stdio: 'ignore',
      env: {
        ...process.env,
        ...quiet,
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      },
    },
  );
  await until(
    'the MLflow server',
    () =>
      fetch(`${uri}/health`).then(
        response => response.ok,
        () => false,
      ),
    2 * minute,
  );
  // The server's workers are children of its own.
  const tell = signal => process.kill(-child.pid, signal);
  return { uri, tell, stop: () => tell('SIGTERM') };
}

function freePort() {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
