// Brings a fresh clone to the point where it can run: Node, packages, the built frontend.
import { existsSync } from 'node:fs';
import {
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fail, hashOf, root, run, step } from './shell.mjs';

// Tools belong to the checkout, whatever data directory a start uses.
const tools = join(root, '.downstage', 'tools');
const yarn = join(root, '.yarn/releases/yarn-4.13.0.cjs');

/** The path of a Node that Backstage supports: the machine's own, or one from the package registry. */
export async function ensureNode() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major === 22 || major === 24) return process.execPath;
  const own = join(tools, 'node', 'node_modules', 'node', 'bin', 'node');
  if (existsSync(own)) return own;
  const end = step(
    `Fetching Node 24 (this machine has ${process.versions.node})`,
  );
  await mkdir(join(tools, 'node'), { recursive: true });
  try {
    await run(
      'npm',
      [
        'install',
        '--prefix',
        join(tools, 'node'),
        '--no-audit',
        '--no-fund',
        'node@24',
      ],
      {
        quiet: true,
      },
    );
  } catch (error) {
    fail(
      'Node 24 could not be fetched.',
      `Install Node 22 or 24, or look at why npm failed:\n${error.message}`,
    );
  }
  end();
  return own;
}

/** Installs the packages of the lock file, when it or a package.json changed since the last time. */
export async function ensurePackages(node) {
  const manifests = [join(root, 'package.json'), join(root, 'yarn.lock')];
  for (const top of ['packages', 'plugins']) {
    for (const name of (await readdir(join(root, top))).sort()) {
      manifests.push(join(root, top, name, 'package.json'));
    }
  }
  await unlessUnchanged(
    'packages',
    await hashOf(manifests),
    existsSync(join(root, 'node_modules/.yarn-state.yml')),
    async () => {
      const end = step(
        'Installing packages (about two minutes the first time)',
      );
      const said = new Set();
      // Yarn tries each package again for minutes: what stands in its way is said at once.
      const onLine = line => {
        const problem = problemOf(line);
        if (!problem || said.has(problem)) return;
        said.add(problem);
        if (isOfCertificate(problem))
          fail('The packages could not be installed.', ofCertificate(problem));
        step.note(`yarn says: ${problem}`);
      };
      // A registry that does not answer in time ends yarn; what it has fetched so far is kept.
      for (let attempt = 1; ; attempt += 1) {
        try {
          await run(node, [yarn, 'install', '--immutable'], {
            quiet: true,
            cwd: root,
            env: { ...yarnSettings(process.env), ...withNode(node) },
            onLine,
          });
          break;
        } catch (error) {
          if (attempt === 3)
            fail('The packages could not be installed.', error.message);
        }
      }
      end();
    },
  );
}

/** What `npm start` knows of the way to the registry, in the words of yarn. Yarn does not read npm's settings. */
export function yarnSettings(env) {
  const settings = {
    YARN_HTTPS_CA_FILE_PATH: env.npm_config_cafile,
    YARN_NPM_REGISTRY_SERVER: env.npm_config_registry,
    YARN_HTTP_PROXY: env.npm_config_proxy || env.HTTP_PROXY || env.http_proxy,
    YARN_HTTPS_PROXY:
      env.npm_config_https_proxy || env.HTTPS_PROXY || env.https_proxy,
  };
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value),
  );
}

/** What a line of yarn's says that stands in the way of the packages. */
export function problemOf(line) {
  return /YN0001: [│ ]*(?:\w*Error: )?(.+)/.exec(line)?.[1];
}

const isOfCertificate = problem => /certificate/i.test(problem);
const ofCertificate = problem =>
  `The registry's certificate is not trusted: ${problem}. Name the certificates of your network, as in\n    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm start`;

/** Builds the frontend, when a source it is made of changed since the last time. */
export async function buildFrontend(node, { port }) {
  const sources = [
    join(root, 'packages/app'),
    join(root, 'yarn.lock'),
    join(root, 'packages/common'),
    join(root, 'packages/react'),
  ];
  for (const name of (await readdir(join(root, 'plugins'))).sort()) {
    if (!/-(backend|node)$|-backend-module-/.test(name))
      sources.push(join(root, 'plugins', name));
  }
  const fingerprint = await hashOf(
    sources,
    path => !/\.test\.tsx?$|README\.md$/.test(path),
  );
  await unlessUnchanged(
    'frontend',
    fingerprint,
    existsSync(join(root, 'packages/app/dist/index.html')),
    async () => {
      const end = step('Building the frontend');
      try {
        await run(
          node,
          [
            join(root, 'node_modules/@backstage/cli/bin/backstage-cli'),
            'package',
            'build',
            '--config',
            join(root, 'app-config.yaml'),
          ],
          {
            quiet: true,
            cwd: join(root, 'packages/app'),
            env: { ...withNode(node), DOWNSTAGE_PORT: String(port) },
          },
        );
      } catch (error) {
        fail('The frontend could not be built.', error.message);
      }
      end();
    },
  );
}

/** Makes one program of a folder available in another, in place of what was there by that name. */
export async function linkProgram(folder, program) {
  const link = join(folder, basename(program));
  const draft = `${link}-${process.pid}`;
  await mkdir(folder, { recursive: true });
  await rm(draft, { force: true });
  await symlink(program, draft);
  await rename(draft, link);
}

/** The environment in which every program finds the chosen Node first. */
export function withNode(node) {
  return { ...process.env, PATH: `${join(node, '..')}:${process.env.PATH}` };
}

async function unlessUnchanged(name, fingerprint, present, work) {
  const stamp = join(tools, `${name}.stamp`);
  const before = await readFile(stamp, 'utf8').catch(() => '');
  if (present && before === fingerprint) return;
  await work();
  await mkdir(tools, { recursive: true });
  await writeFile(stamp, fingerprint);
}
