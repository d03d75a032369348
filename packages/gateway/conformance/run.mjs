#!/usr/bin/env node
/*
 * Asks a server of the Open Inference Protocol (v2, REST) some 250 questions and says what it did otherwise.
 *
 *   node run.mjs --url http://localhost:8000 [--header 'authorization: Bearer …'] [--level must] [--only numbers]
 *                [--json report.json] [--verbose]
 *
 * The server has to serve the models of the folder `models`, which is a model repository as Triton reads it:
 * `models/<name>/1/model.onnx`. Ends with 0 when every check of the level passed.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checks } from './checks.mjs';
import { createClient } from './client.mjs';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    level: { type: 'string', default: 'extension' },
    only: { type: 'string' },
    json: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const levels = ['must', 'should', 'extension'];
if (!values.url || !levels.includes(values.level)) {
  console.error(
    'Usage: node run.mjs --url http://host:port [--header "name: value"] [--level must|should|extension] [--only group] [--json file] [--verbose]',
  );
  process.exit(2);
}
const headers = Object.fromEntries(
  values.header.map(line => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  }),
);
const client = createClient({ url: values.url, headers });
const chosen = checks.filter(
  ({ level, group }) =>
    levels.indexOf(level) <= levels.indexOf(values.level) &&
    (!values.only || group === values.only),
);
const timeLimitMs = 30_000;

const results = [];
for (const { level, group, name, work } of chosen) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer in ${timeLimitMs / 1000} s`)),
      timeLimitMs,
    );
  });
  let problem;
  try {
    await Promise.race([work(client), limit]);
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
  results.push({ level, group, name, ...(problem && { problem }) });
  if (problem || values.verbose) {
    console.log(
      `${problem ? 'FAIL' : 'ok  '} ${level.padEnd(9)} ${group}: ${name}${
        problem ? `\n       ${problem.split('\n').join('\n       ')}` : ''
      }`,
    );
  }
}
client.close();
const failed = results.filter(({ problem }) => problem);
console.log(
  `${results.length - failed.length} of ${
    results.length
  } checks passed (${levels
    .map(level => {
      const of = results.filter(result => result.level === level);
      return `${level} ${of.filter(({ problem }) => !problem).length}/${
        of.length
      }`;
    })
    .join(', ')})`,
);
if (values.json)
  writeFileSync(values.json, JSON.stringify(results, undefined, 2));
process.exit(failed.length ? 1 : 0);
