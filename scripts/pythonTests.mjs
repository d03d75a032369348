// The Python of the tests with the real MLflow client: an environment made once for a list of packages, and kept with the other tools.
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run, step } from './shell.mjs';

const tests = join(root, 'plugins/ml-registry-backend/python-tests');
const requirements = join(tests, 'requirements.txt');
/** What uv leaves out although a package asks for it; pip knows no such list and takes a gigabyte more. */
const overrides = join(tests, 'overrides.txt');
const folder = join(root, '.downstage/tools/python-tests');
const python = join(folder, 'bin/python');

/** torch, for the greater part; what is fetched is held beside what is unpacked for a while. */
const GIGABYTES = 9;

let ready;

/** Its path. Obstacles are found out once, however many parts of the tests ask. */
export function pythonWithMlflow() {
  ready ??= ensure();
  return ready;
}

async function ensure() {
  const wanted =
    (await readFile(requirements, 'utf8')) + (await readFile(overrides));
  const mark = join(folder, 'ready');
  if ((await readFile(mark, 'utf8').catch(() => '')) === wanted) return python;
  await rm(folder, { recursive: true, force: true });
  await ensureSpace();
  const end = step('Installing the Python packages of the MLflow tests');
  try {
    await withUv().catch(withPip);
    await writeFile(mark, wanted);
    end();
  } catch (error) {
    end('failed');
    throw error;
  }
  return python;
}

async function ensureSpace() {
  const { bavail, bsize } = await statfs(root);
  const free = (bavail * bsize) / 1e9;
  if (free >= GIGABYTES) return;
  throw new Error(
    `The Python packages of the MLflow tests need ${GIGABYTES} GB of disk, and ${free.toFixed(
      1,
    )} GB are free: make room and try again`,
  );
}

async function makeEnvironment() {
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', '--clear', folder], { quiet: true });
}

/** In seconds where pip takes minutes. It does not read pip's settings, of which the index is the one that matters. */
async function withUv() {
  await makeEnvironment();
  await pip(['install', '--quiet', 'uv']);
  const index = await pip(['config', 'get', 'global.index-url']).catch(
    () => undefined,
  );
  await run(
    python,
    [
      ...['-m', 'uv', 'pip', 'install', '--quiet', '--python', python],
      ...['-r', requirements, '--override', overrides],
    ],
    {
      quiet: true,
      env: {
        ...process.env,
        UV_HTTP_RETRIES: '1',
        ...(index && { UV_DEFAULT_INDEX: index.trim() }),
      },
    },
  );
}

async function withPip(reason) {
  step.note(`uv cannot be had (${reason.message}); pip does it, in minutes`);
  await makeEnvironment();
  await pip(['install', '--quiet', '-r', requirements]);
}

function pip(args) {
  return run(python, ['-m', 'pip', ...args], { quiet: true });
}
