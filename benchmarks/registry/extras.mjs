// What is measured otherwise than by requests per second: large files, whole fits, and the portal's other plugins
// while the registry is busy.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { cases } from './cases.mjs';
import { withPeak } from './servers.mjs';

const megabyte = 1024 * 1024;

export const extras = [
  {
    id: 'artifact',
    title: 'large artifact, up and down',
    async run({ server, experiment, create, options, dataDir }) {
      const run = await create();
      const scratch = join(dataDir, 'scratch');
      await mkdir(scratch, { recursive: true });
      const file = join(scratch, 'artifact.bin');
      const size = options.artifactMb * megabyte;
      await ensureFile(file, size);
      const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/model/weights.bin`;
      const before = await server.memory();
      const up = await withPeak(server, () =>
        timed(() => transfer(server, 'PUT', path, file)),
      );
      const down = await withPeak(server, () =>
        timed(() => transfer(server, 'GET', path)),
      );
      const held = Math.max(up.peak(), down.peak()) - before;
      return {
        up: up.result,
        down: down.result,
        heldBytes: held,
        text: `up ${up.result.toFixed(1)} s, down ${down.result.toFixed(
          1,
        )} s, ${(held / megabyte).toFixed(0)} MB more memory at most`,
      };
    },
  },
  {
    id: 'fits',
    title: 'sklearn.autolog fits with the real client',
    // Minutes of the client for each server: once is enough.
    database: 'postgresql',
    async run({ server, options, python }) {
      const output = await runPython(python, server, options.fits);
      const { seconds, fits } = JSON.parse(output.trim().split('\n').at(-1));
      return {
        seconds,
        fits,
        text: `${fits} fits in ${seconds.toFixed(1)} s`,
      };
    },
  },
  {
    id: 'catalog',
    title:
      'the catalog of the same portal, idle and while the registry is busy',
    only: 'portal',
    async run(context) {
      const { server, options } = context;
      const seconds = Math.max(5, options.seconds * 2);
      const idle = await probe(server, seconds);
      let busy = true;
      const loads = [
        'search-1000',
        'search-metric',
        'history-25000',
        'batch-1000',
      ].map(async id => {
        const one = cases.find(found => found.id === id);
        const { next } = await one.of(context);
        while (busy) {
          await server.client.load({
            connections: 1,
            seconds: 1,
            least: 1,
            next,
          });
        }
      });
      await pause(500);
      const loaded = await probe(server, seconds);
      busy = false;
      await Promise.all(loads);
      return {
        idle,
        loaded,
        text: `p99 ${idle.p99.toFixed(1)} ms idle, ${loaded.p99.toFixed(
          1,
        )} ms under load (p50 ${idle.p50.toFixed(1)} and ${loaded.p50.toFixed(
          1,
        )} ms)`,
      };
    },
  },
];

async function timed(work) {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

/** Random bytes, made once. */
async function ensureFile(file, size) {
  const found = await stat(file).catch(() => undefined);
  if (found?.size === size) return;
  const { randomBytes } = await import('node:crypto');
  await pipeline(async function* bytes() {
    const block = randomBytes(megabyte);
    for (let left = size; left > 0; left -= megabyte)
      yield block.subarray(0, Math.min(left, megabyte));
  }, createWriteStream(file));
}

function transfer(server, method, path, file) {
  const { hostname, port, pathname } = new URL(server.url);
  return new Promise((done, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path: `${pathname.replace(/\/+$/, '')}${path}`,
        headers: {
          'content-type': 'application/octet-stream',
          ...(server.token && { authorization: `Bearer ${server.token}` }),
        },
      },
      response => {
        response.on('error', reject);
        response.resume();
        response.on('end', () =>
          response.statusCode === 200
            ? done()
            : reject(new Error(`${method} ${path}: ${response.statusCode}`)),
        );
      },
    );
    sent.on('error', reject);
    if (file) pipeline(createReadStream(file), sent).catch(reject);
    else sent.end();
  });
}

function runPython(python, server, fits) {
  return new Promise((done, reject) => {
    const child = spawn(
      python,
      [join(import.meta.dirname, 'fits.py'), String(fits)],
      {
        env: {
          ...process.env,
          MLFLOW_TRACKING_URI: server.url,
          ...(server.token && { MLFLOW_TRACKING_TOKEN: server.token }),
          MLFLOW_DISABLE_TELEMETRY: 'true',
          GIT_PYTHON_REFRESH: 'quiet',
          PYTHONWARNINGS: 'ignore',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let complaints = '';
    child.stdout.on('data', chunk => {
      output += chunk;
    });
    child.stderr.on('data', chunk => {
      complaints = (complaints + chunk).slice(-2_000);
    });
    child.once('error', reject);
    child.once('exit', code =>
      code === 0 ? done(output) : reject(new Error(complaints)),
    );
  });
}

/** Asks the catalog fifty times a second from a thread of its own. So our own load does not count. */
function probe(server, seconds) {
  return new Promise((done, reject) => {
    const worker = new Worker(join(import.meta.dirname, 'probe.mjs'), {
      workerData: {
        url: `${server.origin}/api/catalog/entities?limit=20`,
        token: server.token,
        seconds,
      },
    });
    worker.once('message', done);
    worker.once('error', reject);
  });
}
