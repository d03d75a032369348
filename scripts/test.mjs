#!/usr/bin/env node
// The other command: installs what the tests need, runs all of them, ends with a line that counts.
//   npm test                      everything that fits into three quarters of an hour
//   npm run test:all              what takes hours too
//   npm test -- --only=unit       one part; --help names them
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureNode, ensurePackages, withNode } from './prepare.mjs';
import { ensureObjectStore, startObjectStore } from './objectStore.mjs';
import { startPostgres } from './postgres.mjs';
import { atTheEnd, remove, unlessEnding } from './processes.mjs';
import { pythonWithMlflow } from './pythonTests.mjs';
import { failedIn, failedOf, skippedIn, summaryOf } from './testResults.mjs';
import { checkOptions, fail, option, root, run, step } from './shell.mjs';

const parts = [
  ...['format', 'lint', 'types', 'scripts', 'unit', 'data'],
  ...['mlflow', 'crash', 'evasion', 'replicas', 'import', 'schemathesis'],
  ...['fuzz', 'browser'],
];
/** What takes too long for every change. */
const longParts = ['kills', 'kills-of-replicas', 'cluster'];
const usage = `npm test -- [--only=part] [--all] [--seed=1]

  --only  one part of ${parts.join(', ')}
  --all   also ${longParts.join(
    ', ',
  )}, each of them alone with --only too; and more in data and fuzz
  --seed  of the random moments and questions of the long parts
`;
checkOptions(process.argv.slice(2), {
  values: ['--only', '--seed'],
  switches: ['--all'],
  usage,
});
const all = process.argv.includes('--all');
const seed = Number(option(process.argv.slice(2), '--seed') ?? 1);
const only = option(process.argv.slice(2), '--only');
if (only !== undefined && ![...parts, ...longParts].includes(only))
  fail(`There is no part '${only}' of the tests.`, usage);
const started = Date.now();
/**
 * `names` are those of what failed, with their part: the end of a long output names them. `leftOut` are the names of
 * tests that this machine cannot run. Examples are those of a kind of isolation that it lacks.
 */
const counted = { passed: 0, failed: 0, names: [], leftOut: [] };
let running;
const node = await ensureNode();
await ensurePackages(node);
const bin = name => join(root, 'node_modules/.bin', name);
const cli = join(root, 'node_modules/@backstage/cli/bin/backstage-cli');
const scratch = await mkdtemp(join(tmpdir(), 'downstage-test-'));
// Its folder tells a process of this run from others, no matter who started it and what became of that.
process.env.DOWNSTAGE_TEST_RUN = scratch;
atTheEnd({
  folder: scratch,
  say: () =>
    process.stdout.write(
      '\n  Ending what the tests started, then their folder\n',
    ),
});
const environment = {
  ...withNode(node),
  CI: '1',
  // How slow this machine may be without a test failing for it.
  DOWNSTAGE_TEST_PATIENCE: process.env.DOWNSTAGE_TEST_PATIENCE ?? '6',
};
// PostgreSQL has to find its folder below, as another user where this one is root.
await chmod(scratch, 0o755);
// What portals, jobs and clients leave in the temporary folder goes with ours. `environment` was made before: Jest keeps
// what it compiled there, and the tests it runs remove their own.
process.env.TMPDIR = scratch;
await part('format', () =>
  check('Formatting', node, [bin('prettier'), '--check', '.']),
);
await part('lint', async () => {
  await check('Lint', node, [cli, 'repo', 'lint', '--max-warnings', '0']);
  await check('Lint of what the oldest Node runs', node, [
    ...[bin('eslint'), '--max-warnings', '0', '--ext', '.mjs'],
    ...['--ignore-pattern', 'scripts/tests', 'scripts', 'e2e'],
  ]);
  await npmCheck('Unused code', 'knip');
  await npmCheck('Spelling', 'spelling');
});
await part('types', async () => {
  // The reports are made of the declarations that this writes.
  await check('Types', node, [bin('tsc'), '--incremental', 'false']);
  await npmCheck('API and SQL reports', 'reports', '--ci');
});
await part('scripts', scripts);
await part('unit', unit);
await part('data', data);
await part('mlflow', mlflow);
await part('crash', crash);
await part('evasion', evasion);
await part('replicas', replicated);
await part('import', imported);
await part('schemathesis', asked);
await part('fuzz', fuzz);
await part('browser', browser);
await part('kills', kills);
await part('kills-of-replicas', killsOfReplicas);
await part('cluster', cluster);
await remove(scratch);

const minutes = ((Date.now() - started) / 60_000).toFixed(1);
process.stdout.write(
  `\nAll parts in ${minutes} minutes.\n${summaryOf(counted)}`,
);
process.exit(counted.failed ? 1 : 0);

async function part(name, work) {
  if (only ? only !== name : longParts.includes(name) && !all) return;
  running = name;
  try {
    await work();
  } catch (error) {
    // A failure because all is ending is no result.
    await unlessEnding();
    add({ failed: 1, names: [error.message.split('\n')[0]] });
    process.stdout.write(`${name}: ${error.message}\n`);
  } finally {
    await unlessEnding();
    // Portals and clusters of gigabytes, of which the next part needs nothing.
    for (const left of await readdir(scratch)) {
      await remove(join(scratch, left));
    }
  }
}

/** What ran in a part. Failures of which nobody knows the names are counted. */
function add({ passed = 0, failed = 0, names = [] }) {
  counted.passed += passed;
  counted.failed += failed;
  const all = failed && !names.length ? [`${failed}, see above`] : names;
  counted.names.push(...all.map(name => `${running}: ${name}`));
}

/** A check counts as one test. Those after one that failed are run all the same. */
async function check(title, command, args) {
  const end = step(title);
  try {
    await run(command, args, { quiet: true, cwd: root, env: environment });
    add({ passed: 1 });
    end();
  } catch (error) {
    await unlessEnding();
    end('failed');
    add({ failed: 1, names: [title] });
    process.stdout.write(`${error.message}\n`);
  }
}

/** A script of package.json as a check, without what it does before. */
function npmCheck(title, script, ...options) {
  const args = ['run', '--silent', '--ignore-scripts', script, '--'];
  return check(title, 'npm', [...args, ...options]);
}

/** The tests of the start and test commands themselves. */
async function scripts() {
  const folder = join(root, 'scripts/tests');
  const report = join(scratch, 'scripts.xml');
  const files = (await readdir(folder)).filter(name =>
    name.endsWith('.test.mjs'),
  );
  const title = step('Tests of the commands');
  await run(
    node,
    [
      ...[
        '--test',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
      ],
      ...['--test-reporter=junit', `--test-reporter-destination=${report}`],
      ...files.map(name => join(folder, name)),
    ],
    { quiet: true, cwd: root, env: environment },
  ).catch(error => {
    process.stdout.write(`${error.message}\n`);
  });
  const xml = await readFile(report, 'utf8');
  const count = pattern => xml.match(pattern)?.length ?? 0;
  const failed = count(/<failure/g) + count(/<error/g);
  const skipped = [
    ...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g),
  ];
  counted.leftOut.push(...skipped.map(([, name]) => name));
  add({
    passed: count(/<testcase/g) - failed - count(/<skipped/g),
    ...{ failed, names: failedIn(xml) },
  });
  title(failed ? 'failed' : 'done');
}

/**
 * Unit and integration tests of every package, on SQLite and on PostgreSQL. The PostgreSQL server and an S3 server are
 * started for this run.
 */
async function unit() {
  await ensureDebianPackage('postgresql', () => postgresInstalled());
  await ensureDebianPackage('python3-venv', () =>
    succeeds('python3', ['-c', 'import ensurepip']),
  );
  // Without it jobs are tested in fewer kinds of isolation, which is said at the end.
  if (process.platform === 'linux') {
    await ensureDebianPackage('bubblewrap', () =>
      succeeds('bwrap', ['--version']),
    ).catch(error => step.note(error.message));
  }
  const objectStoreCommand = await ensureObjectStore();
  const postgres = await startPostgres(join(scratch, 'postgres'));
  const objectStore = await startObjectStore(
    objectStoreCommand,
    join(scratch, 'object-store'),
  ).catch(async error => {
    await postgres.stop();
    throw error;
  });
  const report = join(scratch, 'jest.json');
  try {
    await run(
      node,
      [
        cli,
        'repo',
        'test',
        '--watchAll=false',
        '--maxWorkers=2',
        '--json',
        `--outputFile=${report}`,
      ],
      {
        cwd: root,
        env: {
          ...environment,
          ...postgres.environment,
          ...objectStore.environment,
          // Under CI, Backstage's mock directories stay, and lie here.
          RUNNER_TEMP: scratch,
          NODE_OPTIONS: '--max-old-space-size=6144',
        },
      },
    ).catch(error => {
      if (!existsSync(report)) throw error;
    });
    const result = JSON.parse(await readFile(report, 'utf8'));
    const names = failedOf(result, root);
    add({ passed: result.numPassedTests, failed: names.length, names });
    const { leftOut, forgotten } = skippedIn(result);
    counted.leftOut.push(...leftOut);
    if (forgotten.length) {
      process.stdout.write(
        `${
          forgotten.length
        } unit tests were skipped: they count as not done.\n  ${forgotten.join(
          '\n  ',
        )}\n`,
      );
      add({ failed: forgotten.length, names: forgotten });
    }
  } finally {
    await Promise.all([postgres.stop(), objectStore.stop()]);
  }
}

/** The real, newest MLflow client against the real plugin, on SQLite and on a PostgreSQL started for this run. */
async function mlflow() {
  await ensureDebianPackage('postgresql', () => postgresInstalled());
  const python = await pythonOfTests();
  const folder = join(root, 'plugins/ml-registry-backend/python-tests');
  await projects(python);
  process.stdout.write('PyTorch and JAX in several processes\n');
  await pytest(python, join(root, 'plugins/ml-jobs-backend/python-tests'), {});
  process.stdout.write('The MLflow client, on SQLite\n');
  await pytest(python, folder, {});
  const postgres = await startPostgres(join(scratch, 'postgres-mlflow'));
  try {
    process.stdout.write('The MLflow client, on PostgreSQL\n');
    await pytest(python, folder, { DOWNSTAGE_TEST_POSTGRES: postgres.url });
  } finally {
    await postgres.stop();
  }
}

/** The tests that the project of a template brings along, as a portal writes it. They need what MLflow's client needs. */
async function projects(python) {
  for (const template of await readdir(join(root, 'templates'))) {
    const skeleton = join('templates', template, 'skeleton');
    if (!existsSync(join(root, skeleton))) continue;
    process.stdout.write(`A project of templates/${template}\n`);
    const project = join(scratch, 'projects', template);
    await run(
      node,
      [
        ...['--require', '@backstage/cli/config/nodeTransform.cjs'],
        ...[join(root, 'scripts/renderTemplate.mjs'), skeleton, project],
      ],
      { quiet: true, cwd: root, env: environment },
    );
    await pytest(python, project, { MLFLOW_DISABLE_TELEMETRY: 'true' });
  }
}

/** The reader of datasets beside pandas and pyarrow, cell by cell. */
async function data() {
  await ensureDebianPackage('python3-venv', () =>
    succeeds('python3', ['-c', 'import ensurepip']),
  );
  const { dataTests } = await import('./dataTests.mjs');
  const result = await dataTests({
    ...{ node, scratch, env: environment },
    all: process.argv.includes('--all'),
  });
  add(result);
}

/** The portal killed at the worst moments, and a script of plain MLflow against it. */
async function crash() {
  const { crashes } = await import('../e2e/crash.mjs');
  const python = await pythonOfTests();
  const result = await crashes({ node, scratch, python });
  add(result);
}

/** Every known way to bypass a gate, tried by the wrong and the right people. */
async function evasion() {
  const { gateEvasion } = await import('../e2e/gateEvasion.mjs');
  const python = await pythonOfTests();
  const result = await gateEvasion({ node, scratch, python });
  add(result);
}

/** A real MLflow server's content, imported into a portal that is killed in the middle, and compared. */
async function imported() {
  const { importsMlflow } = await import('../e2e/importMlflow.mjs');
  const python = await pythonOfTests();
  const result = await importsMlflow({ node, scratch, python });
  add(result);
}

/** Two portals on one PostgreSQL, under concurrent logging and promotion, one of them killed in the middle. */
async function replicated() {
  await ensureDebianPackage('postgresql', () => postgresInstalled());
  const { replicas } = await import('../e2e/replicas.mjs');
  const result = await replicas({ node, scratch });
  add(result);
}

/** Every operation of every contract, asked rightly and wrongly: no 5xx. */
async function asked() {
  await ensureDebianPackage('python3-venv', () =>
    succeeds('python3', ['-c', 'import ensurepip']),
  );
  const { schemathesis } = await import('../e2e/schemathesis.mjs');
  const result = await schemathesis({ node, scratch });
  add(result);
}

/** The gateway, asked what no client should ask: it neither ends nor stalls nor grows. */
function fuzz() {
  const cases = all ? 100_000 : 4_000;
  return check(`${cases} hostile requests to the gateway`, node, [
    join(root, 'packages/gateway/fuzz/run.mjs'),
    ...['--cases', String(cases), '--seed', String(seed)],
  ]);
}

/** The portal killed forty times at random moments of the golden path. */
async function kills() {
  const { randomKills } = await import('../e2e/randomKills.mjs');
  const result = await randomKills({ node, scratch, seed });
  add(result);
}

/** The same with two portals on one PostgreSQL, one or the other. */
async function killsOfReplicas() {
  await ensureDebianPackage('postgresql', () => postgresInstalled());
  const { randomKillsOfReplicas } = await import('../e2e/randomKills.mjs');
  const result = await randomKillsOfReplicas({ node, scratch, seed });
  add(result);
}

/** The Kubernetes that tests of clusters use: it queues, preempts and keeps volumes as a real one does. */
async function cluster() {
  const { clusterSmoke } = await import('../e2e/cluster.mjs');
  add(await clusterSmoke({ scratch }));
  const { jobsOnCluster } = await import('../e2e/jobsOnCluster.mjs');
  add(await jobsOnCluster({ node, cli, environment, scratch }));
}

async function pythonOfTests() {
  await ensureDebianPackage('python3-venv', () =>
    succeeds('python3', ['-c', 'import ensurepip']),
  );
  return pythonWithMlflow();
}

async function pytest(python, folder, more) {
  const report = join(scratch, 'pytest.xml');
  await rm(report, { force: true });
  await run(python, ['-m', 'pytest', '-q', `--junitxml=${report}`, folder], {
    cwd: folder,
    env: { ...environment, ...more, DOWNSTAGE_NODE: node },
  }).catch(error => {
    if (!existsSync(report)) throw error;
  });
  const xml = await readFile(report, 'utf8');
  const number = name =>
    Number(
      new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0,
    );
  const failed = number('failures') + number('errors') + number('skipped');
  add({
    passed: number('tests') - failed,
    ...{ failed, names: failedIn(xml) },
  });
}

/** The golden path as two people walk it, in a real browser on a portal started for this run. */
async function browser() {
  await ensureDebianPackage('chromium', () => existsSync('/usr/bin/chromium'));
  const { goldenPath } = await import('../e2e/goldenPath.mjs');
  const result = await goldenPath({ node, scratch });
  add(result);
  const { artifactSteps } = await import('../e2e/artifacts.mjs');
  const artifacts = await artifactSteps({ node, scratch });
  add(artifacts);
}

async function postgresInstalled() {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  return versions.some(version =>
    existsSync(`/usr/lib/postgresql/${version}/bin/initdb`),
  );
}

/** Installs a Debian package where that is possible; says aloud what is missing where it is not. */
async function ensureDebianPackage(name, present) {
  if (await present()) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `${name} is missing and cannot be installed here; install it and try again`,
    );
  }
  const end = step(`Installing the Debian package ${name}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { quiet: true, env });
  await run('apt-get', ['install', '-y', '-qq', name], { quiet: true, env });
  end();
}

function succeeds(command, args) {
  return run(command, args, { quiet: true }).then(
    () => true,
    () => false,
  );
}
