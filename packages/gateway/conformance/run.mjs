#!/usr/bin/env node
/*
 * Asks a server of the Open Inference Protocol (v2, REST) some 310 questions and says what it did otherwise.
 *
 *   node run.mjs --url http://localhost:8000 [--header 'authorization: Bearer …'] [--level must] [--only numbers]
 *                [--skip 'deep'] [--all] [--json report.json] [--verbose]
 *
 * The server has to serve the models of the folder `models`, which is a model repository as Triton reads it:
 * `models/<name>/1/model.onnx`. The run leaves out checks of models that the server lacks, and of extensions that it
 * does not announce. It counts them as left out; `--all` runs them too. `--skip` leaves out the checks whose name has
 * this text, for example those that end a server.
 *
 * The run ends with 0 when every check that was run held. It ends with 1 when the server does something else. It ends
 * with 2 when the command was not understood or nothing could be asked. It ends with 3 when the kit itself is at fault.
 */
import { AssertionError } from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checks } from './checks.mjs';
import { createClient, NoAnswerError } from './client.mjs';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    level: { type: 'string', default: 'extension' },
    only: { type: 'string' },
    skip: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    json: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const levels = ['must', 'should', 'extension'];
if (!values.url || !levels.includes(values.level)) {
  console.error(
    'Usage: node run.mjs --url http://host:port [--header "name: value"] [--level must|should|extension] [--only group] [--skip text] [--all] [--json file] [--verbose]',
  );
  process.exit(2);
}
const headers = Object.fromEntries(
  values.header.map(line => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  }),
);
const chosen = checks.filter(
  ({ level, group }) =>
    levels.indexOf(level) <= levels.indexOf(values.level) &&
    (!values.only || group === values.only),
);
/** A check may send several requests; one that never ends is the kit's fault, each request has a limit of its own. */
const timeLimitMs = 600_000;

/** The check asks what the server does not claim to have. */
class LeftOutError extends Error {}

const kitModels = readdirSync(new URL('models', import.meta.url));
const missing = new Set();
let announced = [];

try {
  await look();
} catch (error) {
  console.error(`${values.url} cannot be asked: ${error.message}`);
  process.exit(2);
}

/** What the server has, before it is judged. */
async function look() {
  const client = createClient({ url: values.url, headers });
  const server = await client.get('/v2');
  const { name, version, extensions } = server.json ?? {};
  announced = Array.isArray(extensions) ? extensions : [];
  console.log(
    `${values.url} says it is ${name ?? 'nobody'} ${
      version ?? ''
    }, with the extensions: ${announced.join(', ') || 'none'}`,
  );
  for (const model of kitModels) {
    const { status } = await client.get(`/v2/models/${model}`);
    if (status !== 200) missing.add(model);
  }
  client.close();
  if (missing.size === kitModels.length) {
    throw new Error(
      `it serves none of the kit's models (${kitModels.join(', ')})`,
    );
  }
  if (missing.size) {
    console.log(`It does not serve: ${[...missing].join(', ')}`);
  }
}

function leaveOut({ path, headers: sent, body }) {
  if (values.all) return;
  const model = /^\/v2\/models\/([^/]+)/.exec(path)?.[1];
  if (missing.has(model)) throw new LeftOutError(`${model} is not served`);
  const withBytes =
    sent['inference-header-content-length'] !== undefined ||
    body?.includes('"binary_data');
  if (withBytes && !announced.includes('binary_tensor_data')) {
    throw new LeftOutError('binary_tensor_data is not announced');
  }
}

/** What came of a check: `held`, or `differs` and `no-answer` (the server), `left-out`, `kit` (a fault of the kit). */
function outcomeOf(error) {
  if (!error) return 'held';
  if (error instanceof LeftOutError) return 'left-out';
  if (error instanceof AssertionError) return 'differs';
  return error instanceof NoAnswerError ? 'no-answer' : 'kit';
}

const words = {
  held: 'ok  ',
  differs: 'FAIL',
  'no-answer': 'NONE',
  'left-out': 'left out',
  kit: 'FAULT OF THE KIT',
};

/** Whether nobody listens any more: what comes after that says nothing about the server. */
async function hasEnded() {
  const other = createClient({ url: values.url, headers });
  try {
    await other.get('/v2/health/live');
    return false;
  } catch (error) {
    return error.code === 'ECONNREFUSED';
  } finally {
    other.close();
  }
}

const client = createClient({ url: values.url, headers, onRequest: leaveOut });
const results = [];
let endedAt;
for (const { level, group, name, work } of chosen) {
  if (endedAt || values.skip.some(text => name.includes(text))) {
    const problem = endedAt ? `the server ended at: ${endedAt}` : 'skipped';
    results.push({ level, group, name, outcome: 'left-out', problem });
    continue;
  }
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no end in ${timeLimitMs / 1000} s`)),
      timeLimitMs,
    );
  });
  let problem;
  let outcome = 'held';
  try {
    await Promise.race([work(client), limit]);
  } catch (error) {
    outcome = outcomeOf(error);
    problem =
      outcome === 'kit'
        ? error?.stack ?? String(error)
        : String(error?.message);
  } finally {
    clearTimeout(timer);
  }
  if (outcome === 'no-answer' && (await hasEnded())) {
    endedAt = name;
    problem +=
      '\nNobody listens there any more: the checks after this one are left out';
  }
  results.push({ level, group, name, outcome, ...(problem && { problem }) });
  if (values.verbose || !['held', 'left-out'].includes(outcome)) {
    console.log(
      `${words[outcome]} ${level.padEnd(9)} ${group}: ${name}${
        problem ? `\n       ${problem.split('\n').join('\n       ')}` : ''
      }`,
    );
  }
}
client.close();

const count = (list, ...outcomes) =>
  list.filter(({ outcome }) => outcomes.includes(outcome)).length;
const run = results.filter(({ outcome }) => outcome !== 'left-out');
console.log(
  `${count(run, 'held')} of ${run.length} checks held (${levels
    .map(level => {
      const of = run.filter(result => result.level === level);
      return `${level} ${count(of, 'held')}/${of.length}`;
    })
    .join(', ')}). Otherwise: ${count(run, 'differs')}, no answer: ${count(
    run,
    'no-answer',
  )}, left out: ${count(results, 'left-out')}, faults of the kit: ${count(
    run,
    'kit',
  )}`,
);
if (values.json)
  writeFileSync(values.json, JSON.stringify(results, undefined, 2));
if (count(run, 'kit')) process.exit(3);
process.exit(count(run, 'held') === run.length ? 0 : 1);
