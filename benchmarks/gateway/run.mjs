#!/usr/bin/env node
// Measures the gateway: a healthy model beside a hostile client, what logging costs, and the time back after kill -9.
//   node benchmarks/gateway/run.mjs                         all three
//   node benchmarks/gateway/run.mjs --only=hostile --rounds=4 --seconds=20
// Writes its tables into the README beside it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { availableParallelism, cpus, loadavg, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  anEndpoint,
  descendantsOf,
  dist,
  fixture,
  startGateway,
  tabular,
} from '../../packages/gateway/fuzz/startGateway.mjs';
import { checkOptions, fail, option } from '../../scripts/shell.mjs';

const args = process.argv.slice(2);
const usage = `node benchmarks/gateway/run.mjs [--only=hostile|log|restart] [--rounds=4] [--seconds=20] [--endpoints=20] [--favour=-12]

  --only       one of the three
  --rounds     how often quiet and hostile (or logged and not) take turns
  --seconds    how long each turn takes
  --endpoints  how many are served when the gateway is killed
  --kinds      what the hostile client does, to see what it is that hurts: garbage,large,hanging,unread
  --favour     on a machine that does other work: the niceness (-20 to -1) at which all that is measured runs, the hostile
               client too; needs root and a kernel that shares out by session
  --alike      the client that measures has no priority, though it stands for another machine; writes no table
`;
checkOptions(args, {
  values: [
    '--only',
    '--rounds',
    '--seconds',
    '--endpoints',
    '--favour',
    '--kinds',
  ],
  switches: ['--alike'],
  usage,
});
const only = option(args, '--only');
if (only && !['hostile', 'log', 'restart'].includes(only))
  fail(`There is no part '${only}'.`, usage);
const rounds = Number(option(args, '--rounds') ?? 4);
const seconds = Number(option(args, '--seconds') ?? 20);
const endpointCount = Number(option(args, '--endpoints') ?? 20);
const favour = option(args, '--favour');
const alike = args.includes('--alike');
const built = existsSync(dist);
const setSession = (pid, niceness) => {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
  } catch {
    // Not shared out by session here; the niceness of the process counts then.
  }
  try {
    setPriority(pid, niceness);
  } catch {
    // Only privileged users go below 0.
  }
};
const favourSession = pid => {
  if (!favour) return;
  // A model that the gateway lets give way keeps doing so.
  const [, now] =
    / nice (\d+)/.exec(readFileSync(`/proc/${pid}/autogroup`, 'utf8')) ?? [];
  if (now === undefined || now === '0') setSession(pid, Number(favour));
};
favourSession(process.pid);
const here = dirname(fileURLToPath(import.meta.url));
const kit = join(here, '../../packages/gateway/conformance/models');

const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
};
const median = values => quantile(values, 0.5);
const fixed = (value, digits = 1) => value.toFixed(digits);

function post(url, agent, path, body) {
  const { hostname, port } = new URL(url);
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
        response.on('end', () => resolve(response.statusCode));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Requests at fixed times, whether the answers keep up or not; latency counts from when a request was due. */
async function openLoop({ url, path, body, perSecond, forMs }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const latencies = [];
  const failures = [];
  const pending = [];
  const started = performance.now();
  const total = Math.floor((perSecond * forMs) / 1000);
  for (let number = 0; number < total; number++) {
    const due = started + (number * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await delay(wait);
    pending.push(
      post(url, agent, path, body).then(
        status => {
          latencies.push(performance.now() - due);
          if (status !== 200) failures.push(status);
        },
        error => failures.push(error.code),
      ),
    );
  }
  await Promise.all(pending);
  agent.destroy();
  // The first tenth warms the connections up.
  return { latencies: latencies.slice(Math.floor(total / 10)), failures };
}

/**
 * The other client, a process of its own: it must not slow down the one that measures. It stands for another machine, so
 * it takes only what processor time is left here; what is measured is what the server does with its requests.
 */
function startOther(url, kinds) {
  const child = spawn(
    process.execPath,
    [join(here, 'hostile.mjs'), url, ...(kinds ? [kinds] : [])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    },
  );
  setSession(child.pid, favour ? Math.ceil(Number(favour) / 2) : 19);
  let text = '';
  child.stdout.on('data', chunk => {
    text += chunk;
  });
  return async () => {
    // Not 'exit': what it says at its end may still be on its way.
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    return JSON.parse(text);
  };
}

/**
 * The control: two processes that only compute and have nothing to do with the gateway. Each has a session of its own and
 * the niceness of a model that gives way (`heavy-niceness`). What they cost, the machine costs.
 */
function startControl() {
  const children = Array.from({ length: 2 }, () => {
    const child = spawn(process.execPath, ['-e', 'for (;;);'], {
      stdio: 'ignore',
      detached: true,
    });
    setSession(child.pid, 10);
    return child;
  });
  return async () => {
    const ended = children.map(child => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
    return {};
  };
}

/** Processor time of the whole machine so far, and the part of it in which something ran. */
function machineTime() {
  const sum = { all: 0, busy: 0 };
  for (const { times } of cpus()) {
    const all = Object.values(times).reduce((total, time) => total + time, 0);
    sum.all += all;
    sum.busy += all - times.idle;
  }
  return sum;
}

async function hostile() {
  const gateway = await startGateway({
    endpoints: [
      tabular('healthy'),
      anEndpoint('victim', [join(kit, 'identity_fp32/1/model.onnx')]),
      fixture('loop', 'loop.onnx'),
    ],
    flags: { 'inference-timeout-ms': 3_000 },
  });
  // The wait of the client is not the gateway's doing: it stands for another machine. Needs root; else it waits too.
  if (!alike) setSession(process.pid, -20);
  const favourAll = () => {
    [gateway.child.pid, ...descendantsOf(gateway.child.pid)].forEach(
      favourSession,
    );
  };
  favourAll();
  const body = Buffer.from(
    JSON.stringify({ rows: [{ radius: 1, texture: 2.5, count: 3 }] }),
  );
  const turn = async () => {
    const before = machineTime();
    const answers = await openLoop({
      url: gateway.url,
      path: '/v2/models/healthy/predict',
      body,
      perSecond: 100,
      forMs: seconds * 1000,
    });
    const after = machineTime();
    const busy = (after.busy - before.busy) / (after.all - before.all);
    return { ...answers, busy };
  };
  await turn();
  const found = { quiet: [], control: [], busy: [], hostile: [] };
  const sum = {};
  const beside = async (name, start) => {
    const stop = start();
    // The model that hangs comes back as a new process each time.
    const again = favour && setInterval(favourAll, 500);
    await delay(2_000);
    found[name].push(await turn());
    clearInterval(again);
    for (const [kind, count] of Object.entries(await stop()))
      sum[kind] = (sum[kind] ?? 0) + count;
    // A client that hangs is ended before the next turn.
    await gateway.until(list =>
      list.every(({ versions }) =>
        versions.every(({ state }) => state !== 'loading'),
      ),
    );
  };
  for (let round = 0; round < rounds; round++) {
    found.quiet.push(await turn());
    await beside('control', startControl);
    await beside('busy', () => startOther(gateway.url, 'busy'));
    await beside('hostile', () =>
      startOther(gateway.url, option(args, '--kinds')),
    );
  }
  const memory = gateway.memory();
  await gateway.stop();
  gateway.remove();
  const row = name => {
    const turns = found[name];
    const at = q =>
      median(turns.map(({ latencies }) => quantile(latencies, q)));
    const failures = turns.flatMap(({ failures: list }) => list);
    return {
      name,
      p50: at(0.5),
      p99: at(0.99),
      busy: median(turns.map(({ busy }) => busy)),
      failures: failures.length,
      all: turns.flatMap(({ latencies }) => latencies).length,
    };
  };
  const [quiet, control, busy, worst] = [
    'quiet',
    'control',
    'busy',
    'hostile',
  ].map(row);
  const against = other => {
    const change = (worst.p99 / other.p99 - 1) * 100;
    return `${fixed(Math.abs(change), 0)} % ${change >= 0 ? 'above' : 'below'}`;
  };
  const line = (title, { all, failures, p50, p99, busy: part }) =>
    `| ${title} | ${all} | ${failures} | ${fixed(p50)} | ${fixed(
      p99,
    )} | ${fixed(p99 / control.p99, 2)} | ${fixed(part * 100, 0)} % |`;
  return `A healthy model at 100 requests a second, ${rounds} turns of ${seconds} s each way, medians of the turns. Load of the machine ${fixed(
    loadavg()[0],
  )} on ${availableParallelism()} cores:

| | requests | failed | p50, ms | p99, ms | p99 to control | processors in use |
| --- | --: | --: | --: | --: | --: | --: |
${line('alone', quiet)}
${line('control: beside two processes that only compute', control)}
${line('beside two busy models, asked in good order', busy)}
${line('beside the hostile client', worst)}

Beside the hostile client, p99 is ${against(quiet)} that alone. It is ${against(
    busy,
  )} that beside two busy models, and ${against(
    control,
  )} that of the control. The control's processes have nothing to do with the gateway, and are as nice as a model that gives way. So its p99 is what this machine takes from everybody who shares it. The hostile client sent ${
    sum.garbage
  } requests of garbage and ${sum.large} bodies of 4 to 9 MB. It also sent ${
    sum.hanging
  } runs that do not end, and ${
    sum.unread
  } requests whose answers it did not read. The busy models answered ${
    sum.busy
  } requests. Memory at the end: gateway ${fixed(memory.gateway, 0)} MiB.`;
}

/** Processor time of the gateway and its models, in seconds: does not mind who else uses the machine. */
function cpuOf(pid) {
  const family = [pid, ...descendantsOf(pid)];
  return family.reduce((sum, one) => {
    const text = readFileSync(`/proc/${one}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

async function log() {
  const columns = Array.from({ length: 30 }, (_, index) => ({
    name: `c${index}`,
    type: 'double',
  }));
  const model = join(kit, 'identity_fp32/1/model.onnx');
  const requests = 4_000;
  const body = Buffer.from(
    JSON.stringify({
      inputs: [
        {
          name: 'INPUT0',
          shape: [32, 30],
          datatype: 'FP32',
          data: Array.from({ length: 960 }, (_, index) =>
            Math.fround(index / 7),
          ),
        },
      ],
    }),
  );
  const gateway = await startGateway({
    endpoints: [
      anEndpoint('logged', [model], { features: columns }),
      anEndpoint('silent', [model], { features: columns }),
    ],
    // Rolled by hand after each turn, so that the turn holds what a request pays.
    flags: { 'log-sampling-by-endpoint': '{"silent":0}', 'roll-seconds': 3600 },
  });
  const turn = async name => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    const before = cpuOf(gateway.child.pid);
    let left = requests;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (left-- > 0)
          await post(gateway.url, agent, `/v2/models/${name}/infer`, body);
      }),
    );
    await delay(500);
    const used = cpuOf(gateway.child.pid) - before;
    agent.destroy();
    return (used / requests) * 1e6;
  };
  await turn('logged');
  await turn('silent');
  await gateway.admin('predictions/roll', { method: 'POST' });
  const found = { logged: [], silent: [] };
  for (let round = 0; round < Math.max(rounds, 4); round++) {
    found.silent.push(await turn('silent'));
    found.logged.push(await turn('logged'));
    await gateway.admin('predictions/roll', { method: 'POST' });
  }
  const { endpoints } = await gateway.admin('stats?minutes=1');
  const { logged, dropped } = endpoints.find(
    ({ endpoint }) => endpoint === 'logged',
  ).log;
  await gateway.stop();
  gateway.remove();
  const [off, on] = [median(found.silent), median(found.logged)];
  return `Processor time of one request with 32 rows of 30 columns and as many outputs, gateway and model together. The figures are medians of ${
    found.logged.length
  } turns with ${requests} requests each. The model only copies, so its own time does not hide that of the logging:

| not logged | logged | more |
| --: | --: | --: |
| ${fixed(off, 0)} µs | ${fixed(on, 0)} µs | ${fixed((on / off - 1) * 100)} % |

${logged} rows were logged, ${dropped} dropped. Rolling to Parquet happens later, in a process of low priority, and is not in it.`;
}

async function restart() {
  const endpoints = Array.from({ length: endpointCount }, (_, index) => ({
    ...tabular(`model-${index}`),
  }));
  const first = await startGateway({ endpoints });
  await first.stop('SIGKILL');
  const single = await startGateway({ endpoints: [tabular('only')], built });
  const alone = single.sinceStart();
  await single.stop();
  single.remove();
  const times = new Map();
  const second = await startGateway({ folder: first.root, built });
  const listening = second.sinceStart();
  const favourAll = () =>
    [second.child.pid, ...descendantsOf(second.child.pid)].forEach(
      favourSession,
    );
  favourAll();
  const again = favour && setInterval(favourAll, 50);
  await second.until(list => {
    for (const { endpoint, active } of list) {
      if (active !== undefined && !times.has(endpoint))
        times.set(endpoint, second.sinceStart());
    }
    return times.size === endpointCount;
  }, 20);
  clearInterval(again);
  const used = cpuOf(second.child.pid);
  await second.stop();
  second.remove();
  const all = [...times.values()];
  return `${endpointCount} endpoints, killed with \`kill -9\` and started again, ${
    built ? 'as built' : 'from the sources'
  }. Load of the machine ${fixed(
    loadavg()[0],
  )} on ${availableParallelism()} cores:

| | seconds |
| --- | --: |
| the gateway listens | ${fixed(listening / 1000, 2)} |
| the first endpoint answers | ${fixed(Math.min(...all) / 1000, 2)} |
| half of them answer | ${fixed(median(all) / 1000, 2)} |
| the last one answers | ${fixed(Math.max(...all) / 1000, 2)} |
| for comparison: a gateway with one endpoint, from start to its answer | ${fixed(
    alone / 1000,
    2,
  )} |
| processor time that all of it took | ${fixed(used, 2)} |`;
}

const parts = { hostile, log, restart };
const readme = join(here, 'README.md');
for (const [name, measure] of Object.entries(parts)) {
  if (only && only !== name) continue;
  const table = await measure();
  console.log(`${table}\n`);
  if (alike) continue;
  const text = await readFile(readme, 'utf8');
  const stamp = `${new Date()
    .toISOString()
    .slice(0, 10)}, ${availableParallelism()} × ${cpus()[0].model}, Node ${
    process.version
  }.`;
  const pattern = new RegExp(`<!-- ${name} -->[\\s\\S]*?<!-- end -->`);
  await writeFile(
    readme,
    text.replace(
      pattern,
      () => `<!-- ${name} -->\n\n${stamp} ${table}\n\n<!-- end -->`,
    ),
  );
}
