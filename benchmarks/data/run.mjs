#!/usr/bin/env node
// Measures how long wide tables take to be read and profiled. pandas reads the same files in the same run.
//   node benchmarks/data/run.mjs                         300, 1,000 and 3,000 columns
//   node benchmarks/data/run.mjs --columns=3000 --rounds=1
// Writes its table into the README beside it with --write. Fails when the widest table takes 30 s or more.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePython, python } from '../../scripts/dataTests.mjs';
import { ensureNode } from '../../scripts/prepare.mjs';
import { checkOptions, fail, option, root, run } from '../../scripts/shell.mjs';

const require = createRequire(import.meta.url);
const rows = 1000;
const longest = 30;
const args = process.argv.slice(2);
const usage = `node benchmarks/data/run.mjs [--columns=300,1000,3000] [--rounds=3] [--write]

  --columns  how wide the tables are
  --rounds   how often each is read; the medians count
  --write    write the table into the README
`;
checkOptions(args, {
  values: ['--columns', '--rounds'],
  switches: ['--write'],
  usage,
});
const widths = (option(args, '--columns') ?? '300,1000,3000')
  .split(',')
  .map(Number);
const rounds = Number(option(args, '--rounds') ?? 3);
if (!widths.every(n => Number.isInteger(n) && n > 0)) {
  fail('--columns takes whole numbers with commas between.', usage);
}
if (!(rounds > 0)) fail('--rounds takes a number.', usage);
const here = dirname(fileURLToPath(import.meta.url));
const node = await ensureNode();
await ensurePython(['requirements.txt']);
const scratch = await mkdtemp(join(tmpdir(), 'downstage-wide-'));
const found = [];
// The first start fills the cache of transformed sources, which is no part of a reading.
await make(20);
await ours(join(scratch, 'wide-20.csv'));
for (const columns of widths) {
  await make(columns);
  for (const format of ['parquet', 'csv']) {
    const file = join(scratch, `wide-${columns}.${format}`);
    const each = { ours: [], pandas: [] };
    // In turns: what else the machine does falls on both.
    for (let round = 0; round < rounds; round += 1) {
      each.ours.push(await ours(file));
      each.pandas.push(
        await measured(python, [join(here, 'describe.py'), file]),
      );
    }
    for (const { out } of [...each.ours, ...each.pandas]) {
      if (out.trim() !== `${rows} ${columns}`) {
        fail(`${format} with ${columns} columns: read '${out.trim()}'.`);
      }
    }
    const median = (list, key) =>
      list.map(one => one[key]).sort((a, b) => a - b)[
        Math.floor(list.length / 2)
      ];
    found.push({
      columns,
      format,
      wall: median(each.ours, 'wall'),
      cpu: median(each.ours, 'cpu'),
      theirWall: median(each.pandas, 'wall'),
      theirCpu: median(each.pandas, 'cpu'),
    });
  }
}
await rm(scratch, { recursive: true, force: true });

const names = { parquet: 'Parquet', csv: 'CSV' };
const line = cells => `| ${cells.join(' | ')} |`;
const head = [
  ...['Columns', 'File', 'wall, s', 'processor, s'],
  ...['processor for each column, ms', 'pandas, wall, s'],
  ...['pandas, processor, s', 'wall, of pandas'],
];
const table = [
  line(head),
  line(head.map((_, i) => (i === 1 ? '---' : '---:'))),
  ...found.map(one =>
    line([
      one.columns.toLocaleString('en'),
      names[one.format],
      one.wall.toFixed(1),
      one.cpu.toFixed(1),
      ((1000 * one.cpu) / one.columns).toFixed(1),
      one.theirWall.toFixed(1),
      one.theirCpu.toFixed(1),
      `${(one.wall / one.theirWall).toFixed(2)} ×`,
    ]),
  ),
].join('\n');
const title = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${
  cpus()[0].model
}, Node ${process.version}. ${rows.toLocaleString(
  'en',
)} rows, medians of ${rounds}. Load of the machine ${loadavg()[1].toFixed(
  1,
)} on ${cpus().length} cores:`;
process.stdout.write(`\n${title}\n\n${table}\n`);
if (args.includes('--write')) {
  const readme = join(here, 'README.md');
  const text = await readFile(readme, 'utf8');
  await writeFile(
    readme,
    text.replace(
      /<!-- figures -->[\s\S]*<!-- end -->/,
      () => `<!-- figures -->\n\n${title}\n\n${table}\n\n<!-- end -->`,
    ),
  );
  const prettier = join(root, 'node_modules/.bin/prettier');
  await run(node, [prettier, '--write', readme], { quiet: true });
}
const slow = found.filter(({ wall }) => wall >= longest);
for (const { columns, format, wall } of slow) {
  process.stdout.write(
    `${columns} columns as ${names[format]} took ${wall.toFixed(
      1,
    )} s; ${longest} s are allowed\n`,
  );
}
if (slow.length) process.exit(1);

function make(columns) {
  const script = join(here, 'make.py');
  return run(python, [script, scratch, String(columns), String(rows)], {
    quiet: true,
  });
}

async function ours(file) {
  const transform = require.resolve('@backstage/cli/config/nodeTransform.cjs');
  const place = join(scratch, 'registered');
  await mkdir(place, { recursive: true });
  const result = await measured(node, [
    ...['--require', transform],
    ...[join(here, 'register.cjs'), file, place],
  ]);
  await rm(place, { recursive: true, force: true });
  return result;
}

/** From the start of a command to its end, by clock and by processor, with all that it starts. */
function measured(command, commandArgs) {
  const before = processorOfChildren();
  const started = performance.now();
  return new Promise((done, refuse) => {
    let out = '';
    const child = spawn(command, commandArgs, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', text => {
      out += text;
    });
    child.on('error', refuse);
    child.on('close', code => {
      if (code) {
        refuse(new Error(`${commandArgs.join(' ')} ended with ${code}`));
        return;
      }
      done({
        out,
        wall: (performance.now() - started) / 1000,
        cpu: processorOfChildren() - before,
      });
    });
  });
}

/** Processor seconds of all children that have ended, and of theirs, as Linux counts them: in hundredths. */
function processorOfChildren() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
