// Brings a fresh clone to the point where it can run: Node, packages, the built frontend.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
      try {
        await run(node, [yarn, 'install', '--immutable'], {
          quiet: true,
          cwd: root,
          env: withNode(node),
        });
      } catch (error) {
        fail('The packages could not be installed.', error.message);
      }
      end();
    },
  );
}

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
