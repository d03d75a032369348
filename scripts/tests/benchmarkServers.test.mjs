import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { startProcess } from '../../benchmarks/registry/servers.mjs';
import { freePort } from '../postgres.mjs';
import { root } from '../shell.mjs';

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'downstage-servers-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A server that refuses the first so many questions, as one does that is still starting. */
const slow = `
let left = 5;
require('http').createServer((_, response) => {
  left -= 1;
  response.writeHead(left < 0 ? 200 : 503).end();
}).listen(Number(process.argv[1]), '127.0.0.1');
`;
const start = async script => {
  const port = await freePort();
  return startProcess({
    command: process.execPath,
    args: ['-e', script, String(port)],
    cwd: root,
    log: join(folder, `${port}.log`),
    ready: `http://127.0.0.1:${port}/`,
  });
};

it('a peer of the benchmarks is waited for until it is ready (M7)', async () => {
  const server = await start(slow);
  assert.ok(server.startSeconds > 0);
  await server.stop();
});

it('a peer that ends while it starts is reported with the last lines of its log', async () => {
  await assert.rejects(
    start("console.log('no such database'); process.exit(3)"),
    /did not start:\n[^]*no such database/,
  );
});
