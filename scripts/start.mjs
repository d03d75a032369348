#!/usr/bin/env node
// The one command: fetches what is missing, builds, starts the portal, brings the example company to life.
// Plain JavaScript for whatever Node the machine has (20 or newer); everything else runs on Node 22 or 24.
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { awaitStart, progressOf } from './awaitStart.mjs';
import { printExampleToken } from './exampleToken.mjs';
import {
  buildFrontend,
  ensureNode,
  ensurePackages,
  linkProgram,
} from './prepare.mjs';
import {
  atTheEnd,
  endProcesses,
  startProcess,
  unlessEnding,
} from './processes.mjs';
import {
  isOwnGateway,
  prepareDataDir,
  readBaseUrl,
  readLocalUrl,
  readPort,
  Refusal,
  refuseTakenPort,
  welcome,
} from './startOptions.mjs';
import {
  checkOptions,
  fail,
  findPython,
  option,
  root,
  run,
  step,
  tail,
} from './shell.mjs';

const usage = `npm start -- [--port 7007] [--data-dir .downstage] [--empty]

  --port      where the portal listens (the gateway takes the next port)
  --data-dir  where databases, artifacts, projects and logs are kept
  --empty     start without the example company

  DOWNSTAGE_HOST          the address to listen on (127.0.0.1; 0.0.0.0 is every address of this machine)
  DOWNSTAGE_BASE_URL      the address that others use, where it is not that host and port
  DOWNSTAGE_GATEWAY_PORT  where the gateway listens
  DOWNSTAGE_CONFIG        a configuration file on top of app-config.yaml
`;

const args = process.argv.slice(2);
checkOptions(args, {
  values: ['--port', '--data-dir'],
  switches: ['--empty'],
  usage,
});
const dataDir = resolve(option(args, '--data-dir') ?? join(root, '.downstage'));
const empty = args.includes('--empty');
let stopping;
// From here on: Ctrl-C in the middle of a build or a start ends what was started too.
atTheEnd({
  say: () => {
    process.stdout.write('\n');
    stopping = step('Stopping the portal, its jobs and its gateway');
  },
  last: async () => stopping(),
});

const { port, gatewayPort, baseUrl } = await checked(async () => {
  const found = readPort(option(args, '--port') ?? '7007');
  const gateway = process.env.DOWNSTAGE_GATEWAY_PORT
    ? readPort(process.env.DOWNSTAGE_GATEWAY_PORT, {
        name: 'DOWNSTAGE_GATEWAY_PORT',
        highest: 65535,
      })
    : found + 1;
  if (gateway === found) {
    throw new Refusal(
      `Portal and gateway cannot both listen on port ${found}.`,
      `Choose another one for the gateway: DOWNSTAGE_GATEWAY_PORT=${found + 1}`,
    );
  }
  await prepareDataDir(dataDir);
  await endPortalLeftBehind();
  await refuseTakenPort(found, {
    remedy: `Stop that program, or choose another port: npm start -- --port ${
      found + 10
    }`,
  });
  if (!(await isOwnGateway(dataDir, gateway))) {
    await refuseTakenPort(gateway, {
      of: ', which the gateway needs,',
      remedy: `Stop that program, or choose another port for the gateway: DOWNSTAGE_GATEWAY_PORT=${
        gateway + 10
      } npm start`,
    });
  }
  return {
    port: found,
    gatewayPort: gateway,
    baseUrl: readBaseUrl({
      port: found,
      host: process.env.DOWNSTAGE_HOST,
      baseUrl: process.env.DOWNSTAGE_BASE_URL,
    }),
  };
});
const python = await findPython();
if (!python) {
  step.note(
    'Python 3.10 or newer with venv was not found: the portal starts, but training jobs will fail until it is installed (Debian: apt install python3-venv).',
  );
}

const node = await ensureNode();
await ensurePackages(node);
await buildFrontend(node, { port });

await mkdir(join(dataDir, 'logs'), { recursive: true });
const logFile = join(dataDir, 'logs', 'portal.log');
const programs = join(dataDir, 'tools', 'bin');
const environment = {
  ...process.env,
  NODE_ENV: 'development',
  DOWNSTAGE_PORT: String(port),
  DOWNSTAGE_GATEWAY_PORT: String(gatewayPort),
  DOWNSTAGE_DATA_DIR: dataDir,
  PATH: [
    join(node, '..'),
    // One program and no more: a Python here would be taken for the machine's, and jobs would be built with it.
    programs,
    process.env.PATH,
  ].join(':'),
};
// On this machine it answers here, whatever it is called elsewhere.
const local = readLocalUrl({ port, host: process.env.DOWNSTAGE_HOST });
if (baseUrl !== local) {
  environment.APP_CONFIG_app_baseUrl = JSON.stringify(baseUrl);
  environment.APP_CONFIG_backend_baseUrl = JSON.stringify(baseUrl);
}

const portal = await startPortal();

process.stdout.write(welcome({ baseUrl, empty, logFile }));

ensureTechDocs();
printExampleToken({ url: local, baseUrl, dataDir });
if (!empty) bringToLife();
await portal.ended;
await unlessEnding();
process.stdout.write(`${await portal.lastLines()}\n`);
await endProcesses();
fail(
  'The portal stopped by itself; its last lines are above. Jobs and gateway go on; the next start takes them over.',
  `The whole log: ${logFile}`,
);

/** The answer, or the end with the refusal's sentence and remedy. */
async function checked(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) fail(error.message, error.remedy);
    throw error;
  }
}

/**
 * A start command that was killed leaves its portal behind, deaf to Ctrl-C: it is ended in good order, and its jobs go
 * back to the queue. One whose start command still lives is somebody's, and stays.
 */
async function endPortalLeftBehind() {
  const pidIn = name =>
    readFile(join(dataDir, name), 'utf8').then(Number, () => undefined);
  const isRunning = async (pid, part) =>
    pid > 0 &&
    (await run('ps', ['-o', 'command=', '-p', String(pid)], { quiet: true })
      .then(command => command.includes(part))
      .catch(() => false));
  const left = await pidIn('portal.pid');
  const stillThere = () => isRunning(left, 'nodeTransform.cjs src/index.ts');
  if (!(await stillThere())) return;
  const starter = await pidIn('start.pid');
  if (starter !== process.pid && (await isRunning(starter, 'start.mjs'))) {
    throw new Refusal(
      `A portal is running on ${dataDir} already (process ${starter}).`,
      'Stop it with Ctrl-C where it was started, or use another folder: npm start -- --data-dir other-folder',
    );
  }
  const end = step('Stopping the portal that an earlier start left behind');
  process.kill(left, 'SIGTERM');
  for (let tries = 0; tries < 100 && (await stillThere()); tries += 1)
    await new Promise(done => setTimeout(done, 200));
  if (await stillThere()) process.kill(left, 'SIGKILL');
  end();
}

async function startPortal() {
  const end = step('Starting the portal');
  // Straight into the file, not through this script: a portal outlives a start that is killed, and still has a log.
  const log = await open(logFile, 'a');
  const from = (await stat(logFile)).size;
  const lastLines = (count = 25) => tail(logFile, count, { from });
  const child = startProcess(
    node,
    [
      '--require',
      join(root, 'node_modules/@backstage/cli/config/nodeTransform.cjs'),
      'src/index.ts',
      '--config',
      join(root, 'app-config.yaml'),
      ...(process.env.DOWNSTAGE_CONFIG
        ? ['--config', resolve(process.env.DOWNSTAGE_CONFIG)]
        : []),
    ],
    {
      cwd: join(root, 'packages/backend'),
      env: environment,
      stdio: ['ignore', log.fd, log.fd],
      // It ends its jobs and its gateway itself, in order.
      alone: true,
    },
  );
  let gone = false;
  const ended = new Promise(done => child.once('exit', done)).then(() => {
    gone = true;
  });
  await log.close();
  await writeFile(join(dataDir, 'portal.pid'), String(child.pid));
  atTheEnd({
    last: async () => {
      await rm(join(dataDir, 'portal.pid'), { force: true });
      stopping();
    },
  });
  await writeFile(join(dataDir, 'start.pid'), String(process.pid));
  const outcome = await awaitStart({
    isReady: () =>
      fetch(`${local}/.backstage/health/v1/readiness`).then(
        answer => answer.ok,
        () => false,
      ),
    hasEnded: () => gone,
    progress: () => progressOf({ pid: child.pid, log: logFile }),
    say: async seconds => {
      const [line] = (await lastLines(2)).split('\n');
      step.note(
        `still starting after ${seconds} s; Ctrl-C gives up. ${
          line ? `Its log says: ${line}` : 'Its log is still empty'
        }`,
      );
    },
  });
  await unlessEnding();
  if (outcome !== 'ready') {
    end('given up');
    process.stdout.write(`${await lastLines()}\n`);
    await endProcesses();
    fail(
      outcome === 'ended'
        ? 'The portal did not start: it ended by itself. Its last lines are above.'
        : 'The portal did not start: for ten minutes it neither wrote to its log nor used the processor. Its last lines are above.',
      `The whole log: ${logFile}`,
    );
  }
  end();
  // Ctrl-C is how a portal is meant to end.
  atTheEnd({ exitCode: 0 });
  return { ended, lastLines };
}

/** Documentation pages need mkdocs; it is fetched once, beside everything else. */
async function ensureTechDocs() {
  const folder = join(dataDir, 'tools', 'techdocs');
  const done = await readFile(join(folder, 'ready'), 'utf8').catch(() => '');
  if (!done && !python) return;
  try {
    if (!done) {
      await rm(folder, { recursive: true, force: true });
      await run(python, ['-m', 'venv', folder], { quiet: true });
      await run(
        join(folder, 'bin/pip'),
        ['install', '--quiet', 'mkdocs-techdocs-core'],
        { quiet: true },
      );
      await writeFile(join(folder, 'ready'), 'yes');
    }
    await linkProgram(programs, join(folder, 'bin/mkdocs'));
  } catch (error) {
    await unlessEnding();
    step.note(`Documentation pages are not available: ${error.message}`);
  }
}

function bringToLife() {
  startProcess(node, [join(root, 'examples/bring-to-life.mjs')], {
    env: { ...environment, DOWNSTAGE_URL: local },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}
