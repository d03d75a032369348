// How long admission takes to decide, and how fair it is: `node benchmarks/jobs/run.mjs`. Writes the tables of the README.
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { judge } from './judge.mjs';

const require = createRequire(import.meta.url);
require('@backstage/cli-node/config/nodeTransform.cjs');
const {
  decideAdmission,
} = require('../../plugins/ml-jobs-backend/src/domain/admission/decideAdmission.ts');
const {
  usualQueue,
} = require('../../plugins/ml-jobs-backend/src/domain/admission/queueOptions.ts');

/** The same numbers in every run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const kinds = [
  { slots: 1, cpu: 1, memory: 4, gpus: 0 },
  { slots: 1, cpu: 4, memory: 16, gpus: 1 },
  { slots: 1, cpu: 8, memory: 128, gpus: 0 },
  { slots: 1, cpu: 16, memory: 64, gpus: 4 },
  { slots: 1, cpu: 32, memory: 128, gpus: 8 },
];
const capacity = { slots: 200, cpu: 256, memory: 2048, gpus: 32 };
const hour = 3_600_000;
const begin = Date.UTC(2026, 0, 1);
const iso = ms => new Date(ms).toISOString();

const base = {
  rooms: [{ runtime: 'cluster', capacity }],
  queues: [usualQueue],
  spent: [],
  reserveAfterMs: hour,
};

function jobsOf(count, { owners, next, spanMs }) {
  return Array.from({ length: count }, (_, index) => {
    const owner = Math.floor(next() ** 2 * owners);
    // Owners favour kinds of their own, as groups do.
    const kind = kinds[Math.min(4, Math.floor(next() ** 2 * 3) + (owner % 3))];
    const arrives = begin + Math.floor(next() * spanMs);
    return {
      id: `j${String(index).padStart(5, '0')}`,
      ...{ owner: `group:default/g${owner}`, queue: 'default' },
      ...{ runtime: 'cluster', priority: 50, demand: kind },
      createdAt: iso(arrives),
      arrives,
      lasts: Math.ceil(-Math.log(1 - next()) * 0.9 * hour),
    };
  }).sort((a, b) => a.arrives - b.arrives);
}

/** The time of one decision with so many that wait. */
function decisions() {
  return [1_000, 2_500, 5_000, 10_000].map(count => {
    const next = random(7);
    const waiting = jobsOf(count, { owners: 100, next, spanMs: 24 * hour });
    const queues = Array.from({ length: 20 }, (_, index) => ({
      ...base.queues[0],
      name: `q${index}`,
      quota: { gpus: 4 },
      borrowing: {},
      lends: true,
    }));
    for (const job of waiting) job.queue = `q${Math.floor(next() * 20)}`;
    const snapshot = {
      ...base,
      ...{ queues, waiting, running: [], turns: new Map() },
      now: iso(begin + 25 * hour),
    };
    const times = [];
    for (let round = 0; round < 15; round += 1) {
      // Of the processor, so that what else the machine does counts less.
      const from = process.cpuUsage();
      decideAdmission(snapshot);
      const { user, system } = process.cpuUsage(from);
      times.push((user + system) / 1000);
    }
    times.sort((a, b) => a - b);
    const { admit } = decideAdmission(snapshot);
    return [count, admit.length, times[7].toFixed(0), times[14].toFixed(0)];
  });
}

/** The first ones of each kind, as many as what is free has room for, and one at least: no more of them could start. */
function headsOf(lines, running) {
  const free = { ...capacity };
  for (const { demand } of running)
    for (const name of Object.keys(free)) free[name] -= demand[name];
  return [...lines.values()].flatMap(line => {
    if (!line.length) return [];
    const { demand } = line[0];
    const room = Object.keys(free)
      .filter(name => demand[name] > 0)
      .map(name => Math.floor(free[name] / demand[name]));
    return line.slice(0, Math.max(1, Math.min(...room)));
  });
}

/** A month of jobs; every admission is judged. */
function month() {
  const jobs = jobsOf(20_000, {
    ...{ owners: 24, next: random(11), spanMs: 30 * 24 * hour },
  });
  const lines = new Map();
  const waits = new Map();
  const turns = new Map();
  let running = [];
  let [now, index, waited, used, count, took, wrong, kept] = [
    ...[begin, 0, 0, 0, 0, 0, 0, 0],
  ];
  while (index < jobs.length || running.length) {
    const at = running.reduce(
      (least, { until }) => Math.min(least, until),
      jobs[index]?.arrives ?? Infinity,
    );
    if ([...lines.values()].some(line => line.length)) {
      const gpus = running.reduce((sum, { demand }) => sum + demand.gpus, 0);
      waited += at - now;
      used += ((at - now) * gpus) / capacity.gpus;
    }
    now = at;
    running = running.filter(({ until }) => until > now);
    for (; index < jobs.length && jobs[index].arrives <= now; index += 1) {
      const job = jobs[index];
      const key = `${job.owner} ${kinds.indexOf(job.demand)}`;
      const line = lines.get(key);
      if (line) line.push(job);
      else lines.set(key, [job]);
    }
    const waiting = headsOf(lines, running);
    const from = performance.now();
    const { admit, whyNot } = decideAdmission({
      ...base,
      ...{ waiting, running, turns, now: iso(now) },
    });
    took += performance.now() - from;
    count += 1;
    const ids = admit.map(({ id }) => id);
    const isKept = [...whyNot.values()].some(
      ({ reason }) => reason === 'Reserved',
    );
    const faults = judge({ running, waiting, admit: ids, capacity }).length;
    if (isKept) kept += faults;
    else wrong += faults;
    for (const id of ids) {
      const job = waiting.find(one => one.id === id);
      const key = `${job.owner} ${kinds.indexOf(job.demand)}`;
      lines.set(
        key,
        lines.get(key).filter(one => one !== job),
      );
      running.push({
        ...{ ...job, since: iso(now), preemptible: false },
        until: now + job.lasts,
      });
      turns.set(job.owner, iso(now));
      const kind = kinds.indexOf(job.demand);
      const [sum, most, many] = waits.get(kind) ?? [0, 0, 0];
      const wait = now - job.arrives;
      waits.set(kind, [sum + wait, Math.max(most, wait), many + 1]);
    }
  }
  return {
    ...{ wrong, kept, count },
    waited: ((waited / (now - begin)) * 100).toFixed(0),
    gpus: ((used / waited) * 100).toFixed(0),
    perDecision: (took / count).toFixed(2),
    waits: [...waits]
      .sort(([a], [b]) => a - b)
      .map(([kind, [sum, most, many]]) => [
        `${kinds[kind].cpu} cores, ${kinds[kind].gpus} GPUs`,
        ...[many, (sum / many / hour).toFixed(1), (most / hour).toFixed(1)],
      ]),
  };
}

function table(head, rows) {
  return [head, head.map(() => '--:'), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n');
}

const times = decisions();
const replay = month();
const text = `${iso(Date.now()).slice(0, 10)}, ${
  cpus().length
} × ${cpus()[0].model.trim()}, Node ${process.version}:

${table(['Waiting', 'Start', 'Median, CPU ms', 'Most, CPU ms'], times)}

A month of 20 000 jobs, ${replay.count} decisions, ${
  replay.perDecision
} ms each. Jobs waited during ${replay.waited} % of the time. GPUs were ${
  replay.gpus
} % in use then. Admissions against the rule: ${
  replay.wrong
}. While something was kept for a large job: ${replay.kept}.

${table(['Job', 'Jobs', 'Mean wait, h', 'Longest wait, h'], replay.waits)}`;
console.log(text);
const file = new URL('README.md', import.meta.url);
const before = await readFile(file, 'utf8');
await writeFile(
  file,
  before.replace(
    /<!-- figures -->[^]*<!-- end -->/,
    () => `<!-- figures -->\n\n${text}\n\n<!-- end -->`,
  ),
);
