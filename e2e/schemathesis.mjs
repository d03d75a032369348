// Asks every operation of every openapi.json what its description allows and what it does not, with schemathesis. It asks
// in the name of an administrator, on a portal of its own. No answer may be a 5xx: a wrong question is told what was wrong.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { root, run, step } from '../scripts/shell.mjs';
import { person, portalOn, requirePortal, until } from './portal.mjs';
import { endWith } from './steps.mjs';

/** The version the tests were written against; a newer one is tried on purpose, not by accident. */
const PACKAGE = 'schemathesis==4.32.5';
/** Of each operation, beside those that cover each keyword of its schema. */
const EXAMPLES = 10;

/** Counts each operation as a test. */
export async function schemathesis({ node, scratch }) {
  const command = await ensureSchemathesis();
  const portal = await portalOn({
    node,
    dataDir: join(scratch, 'schemathesis'),
  });
  // Node cuts off an address longer than 16 KiB, which is an answer to nobody; here the portal itself has to answer.
  process.env.NODE_OPTIONS = '--max-http-header-size=1048576';
  await portal.start();
  delete process.env.NODE_OPTIONS;
  try {
    const result = await askAll({ url: portal.url, command, folder: scratch });
    if (result.failed) process.stdout.write(`${await portal.complaints()}\n`);
    return result;
  } finally {
    await portal.stop();
  }
}

async function askAll({ url, command, folder, only }) {
  const dora = person(url, 'user:default/dora');
  await until('the data set in the catalog', () =>
    dora.find('/api/catalog/entities/by-name/dataset/default/breast-masses'),
  );
  const result = { passed: 0, failed: 0 };
  // The tests run with the Node of the machine, which may be as old as 20.
  const files = (await readdir(join(root, 'plugins')))
    .map(folderOf => join('plugins', folderOf, 'openapi.json'))
    .filter(path => existsSync(join(root, path)));
  for (const file of files.sort()) {
    const plugin = basename(dirname(file)).replace(/-common$/, '');
    if (only && only !== plugin) continue;
    const asked = await ask({ url, command, folder, dora, file, plugin });
    result.passed += asked.passed;
    result.failed += asked.failed;
  }
  return result;
}

async function ask({ url, command, folder, dora, file, plugin }) {
  const end = step(`schemathesis on ${plugin}`);
  const report = join(folder, `schemathesis-${plugin}.xml`);
  // In a file and not in a command, which a failure would print.
  const config = join(folder, 'schemathesis.toml');
  const authorization = `Bearer ${await dora.token()}`;
  await writeFile(
    config,
    `headers = { Authorization = "${authorization}" }\n`,
    {
      mode: 0o600,
    },
  );
  let output = '';
  await run(
    command,
    [
      ...['--config-file', config],
      ...['run', join(root, file), '--url', `${url}/api/${plugin}`],
      ...['--checks', 'not_a_server_error', '--continue-on-failure'],
      ...['--phases', 'coverage,fuzzing', '--max-examples', String(EXAMPLES)],
      ...['--seed', '1', '--no-shrink', '--suppress-health-check', 'all'],
      ...['--warnings', 'off', '--no-color'],
      ...['--report', 'junit', '--report-junit-path', report],
    ],
    { quiet: true, cwd: folder },
  ).catch(error => {
    // Questions may be long: of each the beginning says enough.
    output = error.message
      .split('\n')
      .map(line => line.slice(0, 300))
      .join('\n');
  });
  const xml = await readFile(report, 'utf8').catch(() => '');
  const count = pattern => xml.match(pattern)?.length ?? 0;
  const failed = count(/<testcase[^>]*>\s*<(failure|error)/g);
  const passed = count(/<testcase /g) - failed;
  // A run that broke off has not asked.
  const broken = passed + failed === 0;
  await rm(config);
  if (failed || broken) process.stdout.write(`${output}\n`);
  end(failed || broken ? 'failed' : `${passed} operations`);
  return { passed, failed: failed + (broken ? 1 : 0) };
}

async function ensureSchemathesis() {
  const folder = join(root, '.downstage/tools/schemathesis');
  const command = join(folder, 'bin/schemathesis');
  const mark = join(folder, 'ready');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === PACKAGE)
    return command;
  const end = step('Installing schemathesis');
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', '--clear', folder], { quiet: true });
  await run(
    join(folder, 'bin/python'),
    ['-m', 'pip', 'install', '--quiet', PACKAGE],
    { quiet: true },
  );
  await writeFile(mark, PACKAGE);
  end();
  return command;
}

if (process.argv[1]?.endsWith('schemathesis.mjs')) {
  const [url = 'http://localhost:7007', only] = process.argv.slice(2);
  await requirePortal(url);
  const folder = join(root, '.downstage', 'schemathesis');
  await mkdir(folder, { recursive: true });
  const command = await ensureSchemathesis();
  endWith(await askAll({ url, command, folder, only }));
}
