// Sends files of any size to a portal and back, and never holds them here either. Measures the memory of the portal's
// process meanwhile.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

export const mebibyte = 1024 * 1024;

/** A piece of content; piece `n` is always the same, and pieces differ. */
function piece(n, size = mebibyte) {
  const bytes = Buffer.alloc(size, n % 251);
  bytes.writeUInt32LE(n, 0);
  return bytes;
}

export function digestOf(mebibytes) {
  const hash = createHash('sha256');
  for (let n = 0; n < mebibytes; n += 1) hash.update(piece(n));
  return hash.digest('hex');
}

/** PUTs so many mebibytes, made while they are sent. */
export async function upload(url, { headers = {}, mebibytes, from = 0 }) {
  const outgoing = request(url, {
    method: 'PUT',
    headers: { ...headers, 'content-length': mebibytes * mebibyte },
  });
  const answer = new Promise((done, reject) => {
    outgoing.once('response', response => {
      response.resume().once('end', () => done(response));
    });
    outgoing.once('error', reject);
  });
  const pieces = (function* all() {
    for (let n = 0; n < mebibytes; n += 1) yield piece(from + n);
  })();
  await pipeline(Readable.from(pieces), outgoing);
  const response = await answer;
  if (response.statusCode !== 200)
    throw new Error(`PUT ${url} answered ${response.statusCode}`);
  return response;
}

/** Fetches a file and answers its checksum. */
export async function download(url, headers) {
  const hash = createHash('sha256');
  const response = await new Promise((done, reject) => {
    request(url, { headers }, done).once('error', reject).end();
  });
  if (response.statusCode !== 200)
    throw new Error(`GET ${url} answered ${response.statusCode}`);
  await pipeline(
    response,
    new Writable({
      write(chunk, _encoding, done) {
        hash.update(chunk);
        done();
      },
    }),
  );
  return hash.digest('hex');
}

/** The resident memory of a process, in mebibytes. */
export async function memoryOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) / 1024;
}

/** The highest resident memory of a process while something goes on, and how long that took. */
export async function watched(pid, work) {
  let most = await memoryOf(pid);
  let going = true;
  const watching = (async () => {
    while (going) {
      most = Math.max(most, await memoryOf(pid));
      await pause(50);
    }
  })();
  const started = Date.now();
  try {
    const result = await work();
    return { result, most, seconds: (Date.now() - started) / 1000 };
  } finally {
    going = false;
    await watching;
  }
}

/** What the process holds when it has nothing to do: once its memory has stood still for fifteen seconds, or after two minutes. */
export async function idleMemoryOf(pid) {
  const seen = [];
  while (seen.length < 120) {
    seen.push(await memoryOf(pid));
    const last = seen.slice(-15);
    if (last.length === 15 && Math.max(...last) - Math.min(...last) < 3) break;
    await pause(1000);
  }
  return seen.at(-1);
}

/** Up, down, and up in parts of ten mebibytes, four at a time, as MLflow's client sends them. */
export async function measure({ url, pid, person, mebibytes = 600 }) {
  const token = await person.token();
  const headers = { authorization: `Bearer ${token}` };
  const api = `${url}/api/ml-registry/mlflow/api/2.0`;
  const { run } = await person.post(
    '/api/ml-registry/mlflow/api/2.0/mlflow/runs/create',
    { experiment_id: '0', run_name: 'large files' },
  );
  const folder = `0/${run.info.run_id}/artifacts`;
  const at = name => `${api}/mlflow-artifacts/artifacts/${folder}/${name}`;
  // Warm: the first request loads code.
  await upload(at('small.bin'), { headers, mebibytes: 1 });
  await download(at('small.bin'), headers);
  const idle = await idleMemoryOf(pid);
  const expected = digestOf(mebibytes);
  const figures = [];
  const figure = async (what, work, digest) => {
    const { result, most, seconds } = await watched(pid, work);
    if (digest && result !== digest)
      throw new Error(`${what}: the content came back changed`);
    figures.push({ what, most, above: most - idle, seconds });
  };
  await figure('upload', () => upload(at('large.bin'), { headers, mebibytes }));
  await figure('download', () => download(at('large.bin'), headers), expected);
  await figure('upload in parts', () =>
    uploadInParts({ person, folder, mebibytes }),
  );
  await figure(
    'download of what came in parts',
    () => download(at('parts.bin'), headers),
    expected,
  );
  const { headers: recorded } = await fetch(at('large.bin'), {
    method: 'HEAD',
    headers,
  });
  if (recorded.get('x-content-sha256') !== expected)
    throw new Error('The recorded checksum is another one');
  return { idle, figures };
}

async function uploadInParts({ person, folder, mebibytes }) {
  const size = 10;
  const count = Math.ceil(mebibytes / size);
  const mpu = (what, body) =>
    person.post(
      `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/mpu/${what}/${folder}`,
      { path: 'parts.bin', ...body },
    );
  const { upload_id, credentials } = await mpu('create', { num_parts: count });
  const parts = [];
  const send = async ({ url, part_number, headers }) => {
    const from = (part_number - 1) * size;
    const { headers: answered } = await upload(url, {
      headers,
      from,
      mebibytes: Math.min(size, mebibytes - from),
    });
    parts.push({ part_number, etag: answered.etag });
  };
  const waiting = [...credentials];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await send(next);
      }
    }),
  );
  await mpu('complete', { upload_id, parts });
}
