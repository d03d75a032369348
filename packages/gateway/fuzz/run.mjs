#!/usr/bin/env node
/*
 * Sends requests that no client should send and looks whether the gateway minds.
 *
 *   node packages/gateway/fuzz/run.mjs [--cases 100000] [--seed 1] [--json report.json]
 *
 * The same seed makes the same cases. The run fails when the gateway or a model ends, or when an answer is a 500. It
 * fails when a request gets no answer, or when a right request between them gets a wrong answer. It also fails when
 * memory grows by more than 64 MiB over the last two thirds.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { makeCase, randomOf } from './cases.mjs';
import { kitModels, startGateway, tabular } from './startGateway.mjs';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    connections: { type: 'string', default: '16' },
    json: { type: 'string' },
  },
});
const total = Number(values.cases);
const seed = Number(values.seed);
const answerLimitMs = 60_000;
/** A part of a request may get no answer: the server waits for the rest. */
const partLimitMs = 1_000;
const allowedGrowth = 64;

const gateway = await startGateway({
  endpoints: [tabular('tumour'), ...kitModels()],
  flags: { 'max-body-bytes': 2 * 1024 * 1024 },
});
let alive = true;
gateway.child.once('exit', () => {
  alive = false;
});
const { hostname, port } = new URL(gateway.url);
const statuses = new Map();
const kinds = new Map();
const problems = [];
const problem = text => {
  if (problems.length < 50) problems.push(text);
};

/** Writes the bytes and reads one answer; undefined when the other side closed without one. */
function ask(socket, bytes, whole) {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    let timer = null;
    const done = result => {
      clearTimeout(timer);
      socket.removeAllListeners('data');
      socket.removeAllListeners('close');
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      resolve(result);
    };
    timer = setTimeout(
      () => {
        if (!whole) done('waits');
        else reject(new Error('no answer'));
        socket.destroy();
      },
      whole ? answerLimitMs : partLimitMs,
    );
    socket.on('data', chunk => {
      seen = seen.length ? Buffer.concat([seen, chunk]) : chunk;
      let text = seen.toString('latin1', 0, Math.min(seen.length, 20_000));
      while (/^HTTP\/1\.1 1\d\d /.test(text)) {
        const after = text.indexOf('\r\n\r\n');
        if (after === -1) return;
        seen = seen.subarray(after + 4);
        text = seen.toString('latin1', 0, Math.min(seen.length, 20_000));
      }
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
      const isHead = bytes.toString('latin1', 0, 5) === 'HEAD ';
      const length = isHead
        ? 0
        : Number(/\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (seen.length < end + 4 + length) return;
      const closes = /\nconnection: close/i.test(text);
      done({
        status,
        closes,
        body: seen.toString('utf8', end + 4, end + 4 + length),
      });
    });
    socket.on('close', () => done(undefined));
    socket.on('error', () => done(undefined));
    socket.write(bytes);
  });
}

const open = () =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
    });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });

async function checkHealthy() {
  const body = JSON.stringify({
    inputs: [{ name: 'X', shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }],
    outputs: [{ name: 'label' }],
  });
  const response = await fetch(`${gateway.url}/v2/models/tumour/infer`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const answer = await response.json();
  if (answer.outputs?.[0]?.data?.[0] !== 1) {
    problem(
      `a right request got ${response.status} ${JSON.stringify(answer).slice(
        0,
        200,
      )}`,
    );
  }
}

const random = randomOf(seed);
let made = 0;
const memory = [];
const started = performance.now();

async function client() {
  let socket;
  while (made < total && alive) {
    const number = made++;
    const { kind, bytes, reuse, cut } = makeCase(random);
    const shown = () =>
      `case ${number} (${kind}): ${bytes
        .toString('latin1', 0, 300)
        .replaceAll('\r\n', ' ⏎ ')}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    try {
      if (!socket || socket.destroyed) socket = await open();
      if (cut) {
        socket.write(bytes);
        await new Promise(setImmediate);
        socket.resetAndDestroy();
        continue;
      }
      const answer = await ask(
        socket,
        reuse ? bytes : Buffer.concat([bytes, Buffer.from('\r\n\r\n')]),
        reuse || kind === 'target' || kind === 'compressed' || kind === 'large',
      );
      const status = answer === 'waits' ? answer : answer?.status ?? 'closed';
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 500)
        problem(`${shown()} → 500 ${answer.body.slice(0, 300)}`);
      if (answer === undefined && reuse)
        problem(`${shown()} → closed without an answer`);
      if (
        answer?.status >= 400 &&
        answer.body &&
        !/^\{"error":"/.test(answer.body)
      ) {
        problem(
          `${shown()} → not the protocol's error: ${answer.body.slice(0, 100)}`,
        );
      }
      if (!reuse || answer?.closes) socket.resetAndDestroy();
    } catch (error) {
      if (alive) problem(`${shown()} → ${error.message}`);
      socket?.destroy();
    }
    if (number % 500 === 499) await checkHealthy();
    if (number % Math.ceil(total / 30) === 0) {
      memory.push({ number, ...gateway.memory() });
    }
  }
  socket?.destroy();
}

await Promise.all(Array.from({ length: Number(values.connections) }, client));
const seconds = (performance.now() - started) / 1000;
if (!alive) problem('the gateway ended');
else {
  await checkHealthy();
  const { endpoints } = await gateway.admin('state');
  for (const { endpoint, versions } of endpoints) {
    for (const { state, message = '' } of versions) {
      if (state !== 'ready' || message.includes('lost')) {
        problem(`${endpoint} is ${state}: ${message}`);
      }
    }
  }
  memory.push({ number: total, ...gateway.memory() });
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const held = Number(/held_bytes (\d+)/.exec(text)?.[1]);
  if (held > 1_000_000) problem(`${held} bytes of requests are still held`);
  const unforeseen = Number(/internal_errors_total (\d+)/.exec(text)?.[1]);
  if (unforeseen)
    problem(
      `${unforeseen} errors that nobody foresaw: ${gateway.said
        .slice(-3)
        .join(' | ')}`,
    );
}
const early =
  memory.filter(({ number }) => number <= total / 3).at(-1) ?? memory[0];
const late = memory.at(-1);
const growth = {
  gateway: Math.round(late.gateway - early.gateway),
  models: Math.round(late.models - early.models),
};
if (total >= 50_000 && growth.gateway > allowedGrowth) {
  problem(`the gateway grew by ${growth.gateway} MiB`);
}
await gateway.stop();
gateway.remove();
const report = {
  cases: total,
  seed,
  seconds: Math.round(seconds),
  kinds: Object.fromEntries([...kinds].sort()),
  statuses: Object.fromEntries([...statuses].sort()),
  memory: { atAThird: early, atTheEnd: late, growth },
  problems,
};
console.log(JSON.stringify(report, undefined, 2));
if (values.json) writeFileSync(values.json, JSON.stringify(report));
process.exit(problems.length ? 1 : 0);
