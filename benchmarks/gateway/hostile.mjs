// One client that means no good: garbage, bodies that are large or deep, runs that do not end, answers not read.
// It sends at most 500 requests a second in all. One caller may send so many, unless the portal's configuration says
// more.
//   node benchmarks/gateway/hostile.mjs http://localhost:7008      until SIGTERM; prints what it sent
import http from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { makeCase, randomOf } from '../../packages/gateway/fuzz/cases.mjs';

const { hostname, port } = new URL(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const random = randomOf(5);
const counts = { garbage: 0, large: 0, hanging: 0, unread: 0, busy: 0 };
const infer = value => Buffer.from(JSON.stringify({ inputs: [value] }));
const large = infer({
  name: 'INPUT0',
  shape: [1, 500_000],
  datatype: 'FP32',
  data: Array.from({ length: 500_000 }, (_, index) => index / 7),
});
const deep = Buffer.from('['.repeat(4_000_000));
const runsOf = times =>
  infer({ name: 'n', shape: [1], datatype: 'INT64', data: [times] });
const endless = runsOf('1000000000000000');
const long = runsOf('100000');
const ordinary = infer({
  name: 'INPUT0',
  shape: [1, 10_000],
  datatype: 'FP32',
  data: Array.from({ length: 10_000 }, (_, index) => index / 7),
});
/**
 * Only these kinds, to see which one it is that hurts: garbage,large,hanging,unread. `busy` is the measure beside them:
 * two clients in good order that keep a model each busy all the time.
 */
const kinds = process.argv[3]?.split(',') ?? [
  ...['garbage', 'large', 'hanging', 'unread'],
];
let on = true;

function post(path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        hostname,
        port,
        method: 'POST',
        path,
        headers: { 'content-length': body.length },
      },
      response => {
        response.resume();
        response.on('end', resolve);
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function repeat(name, pauseMs, work) {
  if (!kinds.includes(name)) return;
  while (on) {
    await work().catch(() => {});
    counts[name] += 1;
    await delay(pauseMs);
  }
}

const garbage = () =>
  new Promise(resolve => {
    const socket = connect({ host: hostname, port: Number(port) }, () =>
      socket.write(makeCase(random).bytes),
    );
    socket.on('error', resolve);
    socket.on('close', resolve);
    socket.on('data', () => {});
    setTimeout(() => socket.resetAndDestroy(), 20);
  });

for (let number = 0; number < 4; number++) repeat('garbage', 5, garbage);
repeat('large', 20, () =>
  post('/v2/models/victim/infer', counts.large % 2 ? deep : large),
);
repeat('hanging', 50, () => post('/v2/models/loop/infer', endless));
repeat('unread', 100, async () => {
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `POST /v2/models/victim/infer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${large.length}\r\n\r\n`,
  );
  socket.write(large);
  await delay(2_000);
  socket.destroy();
});

repeat('busy', 1, () => post('/v2/models/victim/infer', ordinary));
repeat('busy', 1, () => post('/v2/models/loop/infer', long));

process.on('SIGTERM', () => {
  on = false;
  process.stdout.write(JSON.stringify(counts), () => process.exit(0));
});
