#!/usr/bin/env node
// Measures large artifacts through a real portal: time, and how much memory the portal's process needs meanwhile.
//   node benchmarks/artifacts/run.mjs                    600 MiB, folder and S3
//   node benchmarks/artifacts/run.mjs --mebibytes=2000 --store=folder
// Writes its table into the README beside it. Fails when the process grows by 100 MiB or more.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { person, portalOn } from '../../e2e/portal.mjs';
import {
  ensureObjectStore,
  startObjectStore,
} from '../../scripts/objectStore.mjs';
import { ensureNode } from '../../scripts/prepare.mjs';
import { checkOptions, fail, option, root, run } from '../../scripts/shell.mjs';
import { measure } from './transfer.mjs';

const allowed = 100;
const args = process.argv.slice(2);
const usage = `node benchmarks/artifacts/run.mjs [--mebibytes=600] [--store=folder]

  --mebibytes  how large the file is
  --store      folder or s3 only
`;
checkOptions(args, { values: ['--mebibytes', '--store'], usage });
const mebibytes = Number(option(args, '--mebibytes') ?? 600);
if (!(mebibytes > 0)) fail('--mebibytes takes a number.', usage);
const stores = [option(args, '--store') ?? ['folder', 's3']].flat();
const strange = stores.find(store => !['folder', 's3'].includes(store));
if (strange) fail(`There is no store '${strange}'.`, usage);
const here = dirname(fileURLToPath(import.meta.url));
const node = await ensureNode();
const scratch = await mkdtemp(join(tmpdir(), 'downstage-artifacts-'));
const rows = [];

for (const store of stores) {
  const objectStore =
    store === 's3' &&
    (await startObjectStore(
      await ensureObjectStore(),
      join(scratch, 'object-store'),
    ));
  if (objectStore) {
    process.env.APP_CONFIG_mlRegistry_artifacts_s3 = JSON.stringify(
      await objectStore.createBucket('artifacts'),
    );
  }
  const portal = await portalOn({ node, dataDir: join(scratch, store) });
  try {
    await portal.start();
    const { idle, figures } = await measure({
      mebibytes,
      url: portal.url,
      pid: portal.backendPid(),
      person: person(portal.url, 'user:default/ann'),
    });
    for (const { what, most, above, seconds } of figures) {
      rows.push([
        store,
        what,
        seconds.toFixed(1),
        Math.round(mebibytes / seconds),
        Math.round(idle),
        Math.round(most),
        Math.round(above),
      ]);
    }
  } finally {
    if (portal.isUp) await portal.stop();
    await (objectStore && objectStore.stop());
    delete process.env.APP_CONFIG_mlRegistry_artifacts_s3;
  }
}
await rm(scratch, { recursive: true, force: true });

const columns = [
  'Store',
  'What',
  's',
  'MiB/s',
  'Idle, MiB',
  'At most, MiB',
  'Above idle, MiB',
];
const line = cells => `| ${cells.join(' | ')} |`;
const table = [
  line(columns),
  line(columns.map((_, index) => (index < 2 ? '---' : '---:'))),
  ...rows.map(line),
].join('\n');
process.stdout.write(`\n${table}\n`);

const readme = join(here, 'README.md');
const text = await readFile(readme, 'utf8');
await writeFile(
  readme,
  text.replace(
    /<!-- figures -->[\s\S]*<!-- end -->/,
    `<!-- figures -->\n\nOne file of ${mebibytes} MiB, ${new Date()
      .toISOString()
      .slice(0, 10)}, ${cpus().length} × ${cpus()[0].model}, Node ${
      process.version
    }:\n\n${table}\n\n<!-- end -->`,
  ),
);
await run(node, [join(root, 'node_modules/.bin/prettier'), '--write', readme], {
  quiet: true,
});
const over = rows.filter(row => row.at(-1) >= allowed);
if (over.length) {
  process.stdout.write(
    `${over.length} of ${rows.length} grew by ${allowed} MiB or more\n`,
  );
  process.exit(1);
}
