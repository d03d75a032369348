// The servers that are measured: the portal as `npm start` runs it, and MLflow's own as it ships.
import { spawn } from 'node:child_process';
import {
  mkdir,
  open,
  readFile,
  readdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { awaitStart } from '../../scripts/awaitStart.mjs';
import { root, tail } from '../../scripts/shell.mjs';
import { freePort } from '../../scripts/postgres.mjs';

export const token = 'benchmark-token-of-a-notebook-server';

/** The whole portal with every plugin, under NODE_ENV=production; callers bring a static external access token. */
export async function startPortal({
  node,
  database,
  folder,
  nodeOptions = [],
}) {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'app-config.json');
  await writeFile(
    config,
    JSON.stringify(portalConfig({ port, database, folder }), undefined, 2),
  );
  const server = await startProcess({
    command: node,
    args: [
      ...nodeOptions,
      '--require',
      join(root, 'node_modules/@backstage/cli/config/nodeTransform.cjs'),
      'src/index.ts',
      '--config',
      config,
    ],
    cwd: join(root, 'packages/backend'),
    env: { NODE_ENV: 'production', DOWNSTAGE_DATA_DIR: folder },
    log: join(folder, 'portal.log'),
    ready: `http://127.0.0.1:${port}/.backstage/health/v1/readiness`,
  });
  return {
    ...server,
    title: 'Downstage',
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/api/ml-registry/mlflow`,
    token,
  };
}

function portalConfig({ port, database, folder }) {
  return {
    app: { title: 'Benchmark', baseUrl: `http://127.0.0.1:${port}` },
    organization: { name: 'Benchmark' },
    backend: {
      baseUrl: `http://127.0.0.1:${port}`,
      listen: { port, host: '127.0.0.1' },
      server: {
        requestTimeout: { hours: 1 },
        keepAliveTimeout: { seconds: 75 },
      },
      database: database.forPortal(),
      auth: {
        externalAccess: [
          { type: 'static', options: { token, subject: 'benchmark' } },
        ],
      },
      actions: { pluginSources: ['ml-registry'] },
    },
    downstage: { dataDir: folder },
    mlServing: { gateway: { enabled: false, port: port + 1 } },
    auth: { providers: {} },
    permission: { enabled: true },
    techdocs: {
      builder: 'external',
      publisher: {
        type: 'local',
        local: { publishDirectory: join(folder, 'techdocs') },
      },
    },
    catalog: {
      rules: [
        {
          allow: [
            'Component',
            'System',
            'API',
            'Resource',
            'Location',
            'Model',
            'Feature',
            'Dataset',
            'User',
            'Group',
          ],
        },
      ],
      locations: [{ type: 'file', target: join(root, 'examples/all.yaml') }],
    },
    mcpActions: { name: 'benchmark' },
  };
}

/** MLflow's server on uvicorn, with telemetry and the execution of jobs off. */
export async function startMlflow({ python, database, folder, workers }) {
  const port = await freePort();
  await mkdir(folder, { recursive: true });
  const server = await startProcess({
    command: python,
    args: [
      '-m',
      'mlflow',
      'server',
      ...['--backend-store-uri', await database.forMlflow()],
      ...['--artifacts-destination', join(folder, 'artifacts')],
      ...[
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--workers',
        String(workers),
      ],
    ],
    cwd: folder,
    env: {
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      PATH: `${join(python, '..')}:${process.env.PATH}`,
    },
    log: join(folder, `mlflow-${workers}.log`),
    ready: `http://127.0.0.1:${port}/health`,
  });
  return {
    ...server,
    title: `MLflow, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
  };
}

const running = new Set();

/** Ends what still runs, at once: for a benchmark that is interrupted. */
export function endServers() {
  for (const pid of running) process.kill(-pid, 'SIGKILL');
}

/** A start that has written nothing and computed nothing for so long is given up. */
const STILL = 120_000;

/** Starts a server in the background and answers when `ready` does. */
export async function startProcess({ command, args, cwd, env, log, ready }) {
  const file = await open(log, 'w');
  const begin = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    // A group of its own: workers end with it.
    detached: true,
    stdio: ['ignore', file.fd, file.fd],
  });
  await file.close();
  let gone = false;
  running.add(child.pid);
  const ended = new Promise(done => child.once('exit', done)).then(() => {
    gone = true;
    running.delete(child.pid);
  });
  // As long as it works on its start it is waited for, however slow the machine is.
  const outcome = await awaitStart({
    isReady: () =>
      fetch(ready).then(
        answer => answer.ok,
        () => false,
      ),
    hasEnded: () => gone,
    progress: () => signOfProgress(child.pid, log),
    patienceMs: STILL,
    // How long a start takes is measured here.
    pause: () => pause(50),
  });
  if (outcome !== 'ready') {
    if (!gone) process.kill(-child.pid, 'SIGKILL');
    throw new Error(`${command} did not start:\n${await tail(log, 25)}`);
  }
  return {
    pid: child.pid,
    startSeconds: (performance.now() - begin) / 1000,
    memory: () => memoryOf(child.pid),
    async stop() {
      if (gone) return;
      process.kill(-child.pid, 'SIGTERM');
      const late = setTimeout(
        () => process.kill(-child.pid, 'SIGKILL'),
        20_000,
      );
      await ended;
      clearTimeout(late);
    },
  };
}

/** What changes while a process, or one of its children, works: its log and the processor time it took. */
async function signOfProgress(pid, log) {
  const { size } = await stat(log);
  let ticks = 0;
  for (const member of await familyOf(pid)) {
    const text = await readFile(`/proc/${member}/stat`, 'utf8').catch(() => '');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return `${size} ${ticks}`;
}

/** Milliseconds of the processor that these processes and all below them took so far, in steps of ten. */
export async function processorTime(...pids) {
  let ticks = 0;
  for (const pid of pids) {
    for (const member of await familyOf(pid)) {
      const text = await readFile(`/proc/${member}/stat`, 'utf8').catch(
        () => '',
      );
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
    }
  }
  return ticks * 10;
}

/** The process and all below it. */
async function familyOf(pid) {
  const parents = new Map();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent) parents.set(Number(name), parent);
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents)
      if (parent === member) family.push(child);
  }
  return family;
}

/** Bytes the process and its children hold; pages that they share count once. */
export async function memoryOf(pid) {
  let bytes = 0;
  for (const member of await familyOf(pid)) {
    const rollup = await readFile(`/proc/${member}/smaps_rollup`, 'utf8').catch(
      () => '',
    );
    bytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024;
  }
  return bytes;
}

/** Runs `work`, and says how much memory was held at most meanwhile. */
export async function withPeak(server, work) {
  let peak = await server.memory();
  let busy = true;
  const watch = (async () => {
    while (busy) {
      peak = Math.max(peak, await server.memory());
      await pause(200);
    }
  })();
  try {
    return { result: await work(), peak: () => peak };
  } finally {
    busy = false;
    await watch;
  }
}
