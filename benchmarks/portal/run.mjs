#!/usr/bin/env node
// Seeds a portal with what many teams make in some years. Asks every list and count, opens every page, writes the table.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildFrontend, ensureNode } from '../../scripts/prepare.mjs';
import { startPostgres } from '../../scripts/postgres.mjs';
import {
  checkOptions,
  fail,
  option,
  root,
  step,
} from '../../scripts/shell.mjs';
import { endServers, processorTime } from '../registry/servers.mjs';
import { callersOf } from './callers.mjs';
import { startPortal, tokenOf } from './portals.mjs';
import { questions } from './questions.mjs';
import { report } from './report.mjs';
import { fullSize, seedStatements } from './seed.mjs';

const usage = `node benchmarks/portal/run.mjs [options]

  --scale=1         part of the full size: ${fullSize.models} models, ${fullSize.versions} versions
  --times=15        how often each question is asked
  --only=text       questions whose name contains it
  --others          lists also as callers who do not see everything
  --pages           also the pages, in a browser
  --stock           also a portal without our plugins: start and memory
  --data-dir=folder where the databases are kept; seeded once, used again by the next run
  --write           puts the tables into README.md
`;
const args = process.argv.slice(2);
checkOptions(args, {
  values: ['--scale', '--times', '--only', '--data-dir'],
  switches: ['--others', '--pages', '--stock', '--write'],
  usage,
});
const number = (name, otherwise) => {
  const value = Number(option(args, name) ?? otherwise);
  if (value > 0) return value;
  return fail(`${name} takes a number.`, usage);
};
const scale = number('--scale', 1);
const times = number('--times', 15);
const size = Object.fromEntries(
  Object.entries(fullSize).map(([key, count]) => [
    key,
    Math.ceil(count * scale),
  ]),
);
const folder = resolve(
  option(args, '--data-dir') ??
    join(root, `.downstage/benchmarks/portal/${size.models}`),
);
await mkdir(folder, { recursive: true });
const node = await ensureNode();
if (args.includes('--pages')) await buildFrontend(node, { port: 7007 });
const { Client } = createRequire(import.meta.url)('pg');
const postgres = await startPostgres(join(folder, 'postgresql'), {
  settings: ['max_connections=200'],
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    endServers();
    await postgres.stop();
    process.exit(130);
  });
}
const result = { date: new Date().toISOString().slice(0, 10), size, times };
let failed;
try {
  await seed();
  await measure();
  if (args.includes('--stock')) result.stock = await measureStock();
} catch (error) {
  failed = error;
} finally {
  endServers();
  await postgres.stop();
}
if (failed) throw failed;
await writeFile(
  join(folder, 'result.json'),
  JSON.stringify(result, undefined, 2),
);
const text = await report(result, { write: args.includes('--write') });
process.stdout.write(`\n${text}\n`);
process.exit(0);

async function query(plugin, work) {
  const client = new Client({
    connectionString: `${postgres.url}/ours_${plugin}`,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The portal's own migrations make the tables; the rows are written past it. */
async function seed() {
  const count = () =>
    query('ml-registry', async client =>
      Number(
        (await client.query('SELECT count(*) FROM registered_models')).rows[0]
          .count,
      ),
    ).catch(() => 0);
  const found = await count();
  if (found === size.models) return;
  if (found > 0)
    throw new Error(
      `${folder} holds ${found} models and not ${size.models}: choose another --data-dir or remove it`,
    );
  let end = step('Making the tables');
  const portal = await startPortal({ node, kind: 'ours', postgres, folder });
  await portal.stop();
  end();
  end = step(`Seeding ${size.models} models, ${size.versions} versions`);
  const began = performance.now();
  const served = join(folder, 'served.onnx');
  await writeFile(served, '');
  const all = Object.entries(seedStatements(size, { served }));
  for (const [plugin, statements] of all) {
    await query(plugin, async client => {
      await client.query('SET session_replication_role = replica');
      for (const statement of statements) {
        await client.query(statement).catch(error => {
          throw new Error(`${plugin}: ${error.message}\n${statement}`);
        });
      }
    });
  }
  result.seedSeconds = (performance.now() - began) / 1000;
  end(`${result.seedSeconds.toFixed(0)} s`);
}

/** As it was seeded: an earlier run has cancelled jobs, and a portal with a gateway has every endpoint looked at. */
async function settle() {
  const later = '2099-01-01T00:00:00.000Z';
  await query('ml-serving', client =>
    client.query('UPDATE endpoints SET next_reconcile_at = $1', [later]),
  );
  // The catalog's entities of the seeded models say nothing of a risk.
  await query('ml-registry', client =>
    client.query(
      `UPDATE model_entities SET risk = (ARRAY['minimal','limited','high'])[1 + right(name, 6)::int % 3]
       WHERE name ~ '^model-[0-9]{6}$'`,
    ),
  );
  await query('ml-jobs', client =>
    client.query(
      `UPDATE jobs SET state = 'queued', ended_at = NULL, cancel_requested_at = NULL, next_reconcile_at = $1
       WHERE id LIKE 'job-%' AND state = 'cancelled'`,
      [later],
    ),
  );
}

/** Until the gates were asked about every version that somebody looked at; a look has that done once. */
async function untilChecked() {
  for (;;) {
    const { rows } = await query('ml-registry', client =>
      client.query(
        'SELECT 1 FROM version_checks WHERE next_reconcile_at <= $1 LIMIT 1',
        [new Date().toISOString()],
      ),
    );
    if (!rows.length) return;
    await pause(500);
  }
}

async function measure() {
  await settle();
  let end = step('Starting the portal');
  const portal = await startPortal({ node, kind: 'ours', postgres, folder });
  end(`${portal.startSeconds.toFixed(1)} s`);
  const token = await tokenOf(portal.url, 'user:default/ann');
  const administrator = await tokenOf(portal.url, 'user:default/dora');
  end = step('Waiting until the catalog knows every model');
  const began = performance.now();
  await untilCatalogKnows(portal.url, token, size.models);
  end(`${((performance.now() - began) / 1000).toFixed(0)} s`);
  result.ours = {
    startSeconds: portal.startSeconds,
    bytes: await portal.memory(),
  };
  const all = await chosenQuestions();
  result.questions = await askAll(portal, all, ({ id }) =>
    isForAdministrators(id) ? administrator : token,
  );
  if (args.includes('--others')) {
    const lists = all.filter(
      ({ id, kind, before }) =>
        kind === 'list' && !before && !isForAdministrators(id),
    );
    result.others = [];
    for (const { title, secret } of await callersOf(portal.url)) {
      process.stdout.write(`${title}\n`);
      result.others.push({
        title,
        questions: await askAll(portal, lists, () => secret),
      });
    }
  }
  if (args.includes('--pages')) {
    const { openPages } = await import('./pages.mjs');
    result.pages = await openPages({ url: portal.url });
  }
  result.ours.bytesAfter = await portal.memory();
  await portal.stop();
}

async function chosenQuestions() {
  const only = option(args, '--only')?.toLowerCase();
  return (await questions())
    .map(question => ({
      ...question,
      title: `${question.id}${question.way && `, ${question.way}`}`,
    }))
    .filter(({ title }) => !only || title.toLowerCase().includes(only));
}

function isForAdministrators(id) {
  return /Import|Garbage|Webhook/.test(id);
}

async function askAll(portal, asked, tokenFor) {
  const answers = [];
  for (const question of asked) {
    const timed = await ask(portal, tokenFor(question), question);
    answers.push({
      ...question,
      body: undefined,
      before: undefined,
      ...timed,
    });
    process.stdout.write(
      `  ${question.title.padEnd(60)} ${
        timed.error ??
        `p50 ${timed.p50.toFixed(0)} ms, worst ${timed.worst.toFixed(
          0,
        )} ms, first ${timed.first.toFixed(0)} ms, processor ${
          timed.processor
        } ms`
      }\n`,
    );
  }
  return answers;
}

async function measureStock() {
  // The second start: the first one makes the tables.
  for (let start = 0; ; start += 1) {
    const portal = await startPortal({ node, kind: 'stock', postgres, folder });
    await pause(20_000);
    const bytes = await portal.memory();
    await portal.stop();
    if (start) return { startSeconds: portal.startSeconds, bytes };
  }
}

async function untilCatalogKnows(url, token, models) {
  let last = -1;
  for (;;) {
    const answer = await fetch(`${url}/api/catalog/entity-facets?facet=kind`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { facets } = await answer.json();
    const count =
      facets?.kind?.find(({ value }) => value === 'Model')?.count ?? 0;
    if (count >= models) return;
    if (Math.floor(count / 2000) !== last) {
      last = Math.floor(count / 2000);
      process.stdout.write(`  ${count} of ${models} models in the catalog\n`);
    }
    await pause(3000);
  }
}

/** Two times to warm up, then as often as asked for, one after another. */
async function ask(portal, token, { method, path, body, before }) {
  const { url } = portal;
  const send = request =>
    fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(request.body && { 'content-type': 'application/json' }),
      },
      body: request.body && JSON.stringify(request.body),
    });
  const processor = [];
  const taken = [];
  let bytes = 0;
  let first;
  for (let time = -2; time < times; time += 1) {
    if (time === 0) await untilChecked();
    if (before) {
      const changed = await send(before(time + 2));
      if (!changed.ok) {
        return { error: `${changed.status} ${await changed.text()}` };
      }
    }
    const busy = await processorTime(portal.pid, postgres.pid);
    const began = performance.now();
    const answer = await send({ method, path, body });
    const text = await answer.text();
    const took = performance.now() - began;
    if (!answer.ok) return { error: `${answer.status} ${text.slice(0, 200)}` };
    bytes = text.length;
    first ??= took;
    if (time >= 0) {
      taken.push(took);
      processor.push((await processorTime(portal.pid, postgres.pid)) - busy);
    }
    // A question that takes seconds need not be asked often.
    if (took > 2_000 && time >= 1) break;
  }
  taken.sort((a, b) => a - b);
  processor.sort((a, b) => a - b);
  return {
    // Of the portal and PostgreSQL, in steps of 10 ms; what they did besides is in it.
    processor: processor[Math.floor(processor.length / 2)],
    p50: taken[Math.floor(taken.length / 2)],
    worst: taken.at(-1),
    first,
    bytes,
  };
}
