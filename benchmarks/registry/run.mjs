#!/usr/bin/env node
// Seeds the portal and MLflow's own server with the same runs. Puts both under the same load, and writes the table.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensureNode, ensurePackages } from '../../scripts/prepare.mjs';
import {
  checkOptions,
  fail,
  option,
  root,
  step,
} from '../../scripts/shell.mjs';
import { cases, prepare } from './cases.mjs';
import { openDatabase } from './databases.mjs';
import { extras } from './extras.mjs';
import { client } from './load.mjs';
import { ensureMlflow } from './python.mjs';
import { report } from './report.mjs';
import { seedOfMlflow, seedOfOurs } from './seed.mjs';
import { endServers, startMlflow, startPortal } from './servers.mjs';

const usage = `node benchmarks/registry/run.mjs [options]

  --runs=100000            runs in the searched experiment
  --points=100000          points of the long metric
  --seconds=4              how long each case is measured
  --databases=sqlite,postgresql
  --servers=portal,mlflow-1,mlflow-4
  --cases=search-100,...   only these; see cases.mjs and extras.mjs
  --without=fits           leaves these out
  --fits=100               sklearn fits for the wall time
  --artifact=600           MB of the large artifact
  --data-dir=folder        where databases are kept; seeded once, used again by the next run
  --write                  puts the table into README.md
`;
const args = process.argv.slice(2);
checkOptions(args, {
  values: [
    ...['--runs', '--points', '--seconds', '--databases', '--servers'],
    ...['--cases', '--without', '--fits', '--artifact', '--data-dir'],
    '--node-options',
  ],
  switches: ['--write'],
  usage,
});
const list = (name, otherwise) =>
  (option(args, name) ?? otherwise).split(',').filter(Boolean);
const number = (name, otherwise) => {
  const text = option(args, name) ?? String(otherwise);
  if (Number(text) > 0) return Number(text);
  return fail(`${name} is '${text}', and takes a number.`, usage);
};
const options = {
  size: {
    runs: number('--runs', 100_000),
    points: number('--points', 100_000),
  },
  seconds: number('--seconds', 4),
  databases: list('--databases', 'sqlite,postgresql'),
  servers: list('--servers', 'portal,mlflow-1,mlflow-4'),
  cases: list('--cases', ''),
  without: list('--without', ''),
  fits: number('--fits', 100),
  artifactMb: number('--artifact', 600),
};
const wanted = id =>
  !options.without.includes(id) &&
  (options.cases.length === 0 || options.cases.includes(id));
const dataDir = resolve(
  option(args, '--data-dir') ??
    join(
      root,
      '.downstage/benchmarks/registry',
      `${options.size.runs}-${options.size.points}`,
    ),
);

const began = Date.now();
const node = await ensureNode();
if (!existsSync(join(root, 'node_modules/.yarn-state.yml')))
  await ensurePackages(node);
const { python, versions } = await ensureMlflow();
await mkdir(dataDir, { recursive: true });

const results = [];
let database;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    endServers();
    await database?.stop();
    process.exit(130);
  });
}
for (const kind of options.databases) {
  const folder = join(dataDir, kind);
  database = await openDatabase(kind, folder);
  try {
    for (const name of options.servers) {
      const start = () =>
        name === 'portal'
          ? startPortal({
              node,
              database,
              folder: join(folder, 'portal'),
              nodeOptions: list('--node-options', ''),
            })
          : startMlflow({
              python,
              database,
              folder: join(folder, 'mlflow'),
              workers: Number(name.split('-')[1]),
            });
      await seed(database, name === 'portal' ? 'portal' : 'mlflow', start);
      results.push(await measure({ name, database, start }));
    }
  } finally {
    await database.stop();
  }
}
await rm(join(dataDir, 'scratch'), { recursive: true, force: true });

const minutes = (Date.now() - began) / 60_000;
const text = await report({ results, options, versions, minutes, cases });
process.stdout.write(`\n${text}\n`);
await writeFile(
  join(dataDir, 'result.json'),
  JSON.stringify({ options, versions, minutes, results }, undefined, 2),
);
if (args.includes('--write')) {
  const readme = join(import.meta.dirname, 'README.md');
  const before = await readFile(readme, 'utf8');
  await writeFile(
    readme,
    before.replace(
      /(<!-- table -->\n)[^]*(<!-- end of table -->)/,
      (_, begin, end) => `${begin}\n${text}\n${end}`,
    ),
  );
}

/** Makes the schema by a first start of the server, and fills it. */
async function seed(database, which, start) {
  const found = await database.isSeeded(which);
  if (found >= options.size.runs) return;
  if (found > 0) {
    throw new Error(
      `${dataDir} holds ${found} runs and not ${options.size.runs}; choose another --data-dir or remove it`,
    );
  }
  const end = step(`Seeding ${which} on ${database.title}`);
  const server = await start();
  await server.stop();
  await database.write(
    which,
    (which === 'mlflow' ? seedOfMlflow : seedOfOurs)(
      database.kind,
      options.size,
    ),
  );
  end();
}

async function measure({ name, database, start }) {
  const server = await start();
  server.client = client(server);
  server.isMlflow = name !== 'portal';
  const result = {
    server: name,
    title: server.title,
    database: database.kind,
    databaseTitle: database.title,
    startSeconds: server.startSeconds,
    cases: {},
  };
  try {
    const context = { server, size: options.size, ...(await prepare(server)) };
    await new Promise(done => setTimeout(done, 2_000));
    result.idleBytes = await server.memory();
    for (const one of cases) {
      if (!wanted(one.id)) continue;
      const end = step(`${server.title}, ${database.title}: ${one.title}`);
      const outcome = await measured(one, context).catch(error => ({
        failed: error.message,
      }));
      result.cases[one.id] = outcome;
      end(
        outcome.failed ??
          `p50 ${outcome.p50?.toFixed(1)} ms, p95 ${outcome.p95?.toFixed(
            1,
          )} ms, ${outcome.perSecond.toFixed(1)}/s${
            outcome.errors
              ? `, ${outcome.errors} errors: ${outcome.firstError}`
              : ''
          }${outcome.note ? `, ${outcome.note}` : ''}`,
      );
    }
    for (const extra of extras) {
      if (!wanted(extra.id) || (extra.only && extra.only !== name)) continue;
      if (extra.database && extra.database !== database.kind) continue;
      const end = step(`${server.title}, ${database.title}: ${extra.title}`);
      const outcome = await extra
        .run({ ...context, options, python, dataDir })
        .catch(error => ({ failed: error.message }));
      result.cases[extra.id] = outcome;
      end(outcome.failed ?? outcome.text);
    }
    result.afterBytes = await server.memory();
  } finally {
    await server.stop();
  }
  return result;
}

async function measured(one, context) {
  const { client: http } = context.server;
  const sending = await one.of(context);
  if (one.whole) return whole(http, sending.path);
  const outcome = await http.load({
    connections: one.connections,
    seconds: options.seconds,
    next: sending.next,
  });
  if (sending.check) outcome.note = await sending.check(outcome);
  return outcome;
}

/** Reads page after page until there is none, a few times over. */
async function whole(http, path) {
  const times = [];
  let bytes = 0;
  const begin = performance.now();
  while (
    times.length < 3 ||
    performance.now() - begin < options.seconds * 1000
  ) {
    const from = performance.now();
    let token = '';
    do {
      const page = await http.call(
        'GET',
        `${path}${token && `&page_token=${encodeURIComponent(token)}`}`,
      );
      token = page.next_page_token ?? '';
    } while (token);
    times.push(performance.now() - from);
    if (performance.now() - begin > options.seconds * 4000) break;
  }
  const { summary } = await import('./load.mjs');
  return {
    ...summary(times),
    perSecond: (times.length * 1000) / (performance.now() - begin),
    bytes,
    errors: 0,
  };
}
