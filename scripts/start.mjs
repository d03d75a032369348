#!/usr/bin/env node
// The one command: fetches what is missing, builds, starts the portal, brings the example company to life.
// Plain JavaScript for whatever Node the machine has (20 or newer); everything else runs on Node 22 or 24.
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { buildFrontend, ensureNode, ensurePackages } from './prepare.mjs';
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

const dataFormat = 1;
const usage = `npm start -- [--port 7007] [--data-dir .downstage] [--empty]

  --port      where the portal listens (the gateway takes the next port)
  --data-dir  where databases, artifacts, projects and logs are kept
  --empty     start without the example company
`;

const args = process.argv.slice(2);
checkOptions(args, {
  values: ['--port', '--data-dir'],
  switches: ['--empty'],
  usage,
});
const port = readPort(option(args, '--port') ?? '7007');
const dataDir = resolve(option(args, '--data-dir') ?? join(root, '.downstage'));
const empty = args.includes('--empty');

await refuseNewerData();
await endPortalLeftBehind();
await refuseTakenPort(port, '--port');
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
const environment = {
  ...process.env,
  NODE_ENV: 'development',
  DOWNSTAGE_PORT: String(port),
  DOWNSTAGE_GATEWAY_PORT:
    process.env.DOWNSTAGE_GATEWAY_PORT ?? String(port + 1),
  DOWNSTAGE_DATA_DIR: dataDir,
  PATH: [
    join(node, '..'),
    join(dataDir, 'tools', 'techdocs', 'bin'),
    process.env.PATH,
  ].join(':'),
};
const url = `http://localhost:${port}`;
const children = new Set();
let stopping = false;

const portal = await startPortal();
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('SIGHUP', stop);

process.stdout.write(`
  Downstage is at ${url}

  Enter as Ann Ito, a data scientist, and try first:
    ${url}/create                                        a model of your own, from a template
    ${url}/catalog/default/model/tumour-malignancy       the example model, as soon as it is trained
    export MLFLOW_TRACKING_URI=${url}/api/ml-registry/mlflow

  Log: ${logFile}
  Ctrl-C stops the portal, its jobs and its gateway; the next start goes on where they were.

`);

ensureTechDocs();
if (!empty) bringToLife();
await portal.ended;
if (!stopping) {
  process.stdout.write(`${await tail(logFile, 25)}\n`);
  await stopChildren();
  fail(
    'The portal stopped by itself; its last lines are above. Jobs and gateway go on; the next start takes them over.',
    `The whole log: ${logFile}`,
  );
}

function readPort(text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65534) {
    fail(`'${text}' is not a port (expected a number from 1 to 65534).`);
  }
  return value;
}

async function refuseTakenPort(candidate, flag) {
  const taken = await new Promise(done => {
    const socket = connect({ port: candidate, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
  if (taken) {
    fail(
      `Port ${candidate} is taken by another program.`,
      `Stop that program, or choose another port: npm start -- ${flag} ${
        candidate + 10
      }`,
    );
  }
}

/** A newer version's data is left alone: an older portal could damage it. */
async function refuseNewerData() {
  const file = join(dataDir, 'version.json');
  const found = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  if (found && found.format > dataFormat) {
    fail(
      `The data in ${dataDir} was written by a newer version (format ${found.format}; this one knows ${dataFormat}).`,
      'Update the portal, or use another folder: npm start -- --data-dir other-folder',
    );
  }
  if (!found) {
    await mkdir(dataDir, { recursive: true });
    await writeFile(file, `${JSON.stringify({ format: dataFormat })}\n`);
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
    fail(
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
  // Its own process group: Ctrl-C reaches this script alone, which then stops things in order.
  const child = spawn(
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
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  );
  children.add(child);
  const ended = new Promise(done => child.once('exit', done)).then(() =>
    children.delete(child),
  );
  let gone = false;
  ended.then(() => {
    gone = true;
  });
  await log.close();
  await writeFile(join(dataDir, 'portal.pid'), String(child.pid));
  await writeFile(join(dataDir, 'start.pid'), String(process.pid));
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${url}/.backstage/health/v1/readiness`).then(
      answer => answer.ok,
      () => false,
    );
    if (ready) break;
    if (gone || tries > 600) {
      process.stdout.write(`${await tail(logFile, 25)}\n`);
      if (!gone) child.kill('SIGKILL');
      fail(
        'The portal did not start; its last lines are above.',
        `The whole log: ${logFile}`,
      );
    }
    await new Promise(done => setTimeout(done, 200));
  }
  end();
  return { ended };
}

/** Documentation pages need mkdocs; it is fetched once, beside everything else. */
async function ensureTechDocs() {
  const folder = join(dataDir, 'tools', 'techdocs');
  const done = await readFile(join(folder, 'ready'), 'utf8').catch(() => '');
  if (done || !python) return;
  try {
    await rm(folder, { recursive: true, force: true });
    await run(python, ['-m', 'venv', folder], { quiet: true });
    await run(
      join(folder, 'bin/pip'),
      ['install', '--quiet', 'mkdocs-techdocs-core'],
      { quiet: true },
    );
    await writeFile(join(folder, 'ready'), 'yes');
  } catch (error) {
    if (!stopping)
      step.note(`Documentation pages are not available: ${error.message}`);
  }
}

function bringToLife() {
  const child = spawn(node, [join(root, 'examples/bring-to-life.mjs')], {
    env: { ...environment, DOWNSTAGE_URL: url },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
}

async function stop() {
  if (stopping) return;
  stopping = true;
  process.stdout.write('\n');
  const end = step('Stopping the portal, its jobs and its gateway');
  await stopChildren();
  await rm(join(dataDir, 'portal.pid'), { force: true });
  end();
  process.exit(0);
}

/** Asks everything started here to end, and ends it after 20 seconds. */
async function stopChildren() {
  const waiting = [...children].map(
    child =>
      new Promise(done => {
        const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
        child.once('exit', () => {
          clearTimeout(timer);
          done();
        });
        child.kill('SIGTERM');
      }),
  );
  await Promise.all(waiting);
}
