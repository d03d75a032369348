// The reader of data sets beside pandas and pyarrow, over files made for the purpose. With `all` it also reads those that
// other packages ship. The tables of differences are docs/reading-data.md and differential/shipped.md beside the test;
// UPDATE_DATA_TABLE=1 writes them again.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { root, run, step } from './shell.mjs';

const require = createRequire(import.meta.url);
const here = join(root, 'plugins/ml-data-backend/differential');
const page = join(root, 'docs/reading-data.md');
const folder = join(root, '.downstage/tools/python-data');
export const python = join(folder, 'bin/python');
const generated = 300;
const shippedPage = join(here, 'shipped.md');
const [begin, end] = ['<!-- differences -->', '<!-- /differences -->'];

/** Both comparisons count as one test for each file. */
export async function dataTests({ node, scratch, env, all }) {
  await ensurePython(
    all ? ['requirements.txt', 'requirements-all.txt'] : ['requirements.txt'],
  );
  const result = { passed: 0, failed: 0 };
  const odd = await compare('Odd files, read by pandas, pyarrow and us', {
    ...{ node, env, folder: join(scratch, 'odd') },
    make: ['generate.py', join(scratch, 'odd'), String(generated)],
  });
  add(result, odd);
  await checkTable(result, page, odd.table);
  if (all) {
    const shipped = await compare('Data files that other packages ship', {
      ...{ node, env, folder: join(scratch, 'shipped') },
      make: ['shipped.py', join(scratch, 'shipped')],
    });
    add(result, shipped);
    await checkTable(result, shippedPage, tableOfShipped(shipped));
  }
  return result;
}

function add(result, { totals, unexplained }) {
  const bad = new Set(unexplained.map(({ file }) => file)).size;
  result.failed += bad;
  result.passed += totals.files - bad;
  for (const difference of unexplained) {
    process.stdout.write(`  no reason: ${JSON.stringify(difference)}\n`);
  }
}

async function compare(title, options) {
  const { node, env, make } = options;
  const done = step(title);
  const [script, ...args] = make;
  await run(python, [join(here, script), ...args], { quiet: true, env });
  const transform = require.resolve('@backstage/cli/config/nodeTransform.cjs');
  const { stdout } = await promisify(execFile)(
    node,
    [
      ...['--max-old-space-size=4096', '--require', transform],
      ...[join(here, 'compare.mjs'), options.folder],
    ],
    { env, maxBuffer: 64 * 1024 * 1024 },
  ).catch(error => {
    // It ends with 1 when there is something without a reason, and says so.
    if (!error.stdout?.startsWith('{')) throw error;
    return error;
  });
  done();
  return JSON.parse(stdout);
}

/** Each file in which a reader differs from ours, below the table of the reasons. */
function tableOfShipped({ table, byFile }) {
  const cell = reasons => [...new Set(reasons ?? [])].sort().join('; ');
  const rows = Object.entries(byFile).map(
    ([file, by]) =>
      `| ${file.replaceAll('|', '\\|')} | ${cell(by.pandas)} | ${cell(
        by.pyarrow,
      )} |`,
  );
  return [
    table,
    `${rows.length} files in which a reader differs:`,
    '',
    '| file | from pandas | from pyarrow |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The page says what the comparison found, or is told to. */
async function checkTable(result, file, table) {
  const text = await readFile(file, 'utf8');
  const wanted = `${text.slice(
    0,
    text.indexOf(begin) + begin.length,
  )}\n\n${table}\n${text.slice(text.indexOf(end))}`;
  if (process.env.UPDATE_DATA_TABLE) await writeFile(file, wanted);
  if (wanted === text || process.env.UPDATE_DATA_TABLE) {
    result.passed += 1;
    return;
  }
  result.failed += 1;
  process.stdout.write(
    `  ${relative(
      root,
      file,
    )} has another table of differences; UPDATE_DATA_TABLE=1 writes it again\n`,
  );
}

/** Made once for a list of packages, and kept with the other tools. */
export async function ensurePython(files) {
  const lists = files.map(file => join(here, file));
  const wanted = (
    await Promise.all(lists.map(file => readFile(file, 'utf8')))
  ).join('');
  const mark = join(folder, 'ready');
  const have = await readFile(mark, 'utf8').catch(() => '');
  if (have.startsWith(wanted)) return;
  const done = step('Installing the Python packages of the data tests');
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await run('python3', ['-m', 'venv', '--clear', folder], { quiet: true });
    await run(
      python,
      [
        ...['-m', 'pip', 'install', '--quiet'],
        ...lists.flatMap(file => ['-r', file]),
      ],
      { quiet: true },
    );
    await writeFile(mark, wanted);
    done();
  } catch (error) {
    done('failed');
    throw error;
  }
}
