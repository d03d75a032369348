#!/usr/bin/env node
// Retakes the pictures of the documentation on a portal with the example company alive:
//   node e2e/screenshots.mjs http://localhost:7007
// The picture of the promotion needs a version in staging that nobody asked for: it runs the model's latest job again when there is none.
// Nothing is promoted: the dialog is opened and left. The example company has no confidential data: access.png is taken by hand.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../scripts/shell.mjs';
import { launchChromium } from './browser.mjs';
import { withoutFolder } from './galleryPages.mjs';
import { requirePortal } from './portal.mjs';

const portal = process.argv[2] ?? 'http://localhost:7007';
await requirePortal(portal);
const ann = 'user:default/ann';
const model = 'tumour-malignancy';
const modelPage = `/catalog/default/model/${model}`;
const folder = join(root, 'docs', 'images');

const token = await signIn();
const jobs = () =>
  get(
    `/api/ml-jobs/v1/jobs?limit=20&model=${encodeURIComponent(
      `model:default/${model}`,
    )}`,
  );
const version = await stagedVersion();
const job = (await jobs()).items.find(({ state }) => state === 'succeeded');

await mkdir(folder, { recursive: true });
const browser = await launchChromium();
try {
  const light = await open('light');
  await take(light, 'home', '/', 'drifted');
  await take(light, 'model', modelPage, 'PSI', 1150);
  await take(
    light,
    'job',
    `/training/jobs/${job.id}`,
    'Exit code',
    1280,
    withoutFolder,
  );
  await take(light, 'monitoring', `${modelPage}/monitoring`, 'Findings', 1300);
  await take(
    light,
    'promotion',
    `${modelPage}/versions?version=${version}`,
    'Learned from',
    1000,
    async page => {
      await page.getByRole('button', { name: 'Request promotion' }).click();
      await page.getByLabel('Why this version?').waitFor();
    },
  );
  await take(await open('dark'), 'model-dark', modelPage, 'PSI', 1150);
} finally {
  await browser.close();
}

/** A window of Ann's in one of the themes. */
async function open(colorScheme) {
  const context = await browser.newContext({ colorScheme });
  await context.addInitScript(
    person => localStorage.setItem('downstage.example-person', person),
    ann,
  );
  return context.newPage();
}

/** Waits for `text`, then for plots to have drawn, and writes what a window of this height shows. */
async function take(page, name, path, text, height = 900, before = undefined) {
  await page.setViewportSize({ width: 1440, height });
  await page.goto(`${portal}${path}`);
  await page.getByText(text).first().waitFor();
  await before?.(page);
  await pause(2_500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  process.stdout.write(`docs/images/${name}.png\n`);
}

/** The newest version in staging of which nobody asked for promotion; when there is none, the latest job is run again and makes one. */
async function stagedVersion() {
  const find = async () => {
    const { items } = await get(
      `/api/ml-registry/v1/models/default/${model}/versions`,
    );
    const { items: promotions } = await get(
      `/api/ml-registry/v1/promotions?model=model:default/${model}`,
    );
    const asked = new Set(promotions.map(({ version: each }) => each));
    return items.find(
      ({ stage, version: each }) => stage === 'staging' && !asked.has(each),
    )?.version;
  };
  const found = await find();
  if (found) return found;
  const { items } = await jobs();
  const answer = await fetch(
    `${portal}/api/ml-jobs/v1/jobs/${items[0].id}/rerun`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: '{}',
    },
  );
  if (!answer.ok) throw new Error(`The job was not run: ${answer.status}`);
  for (let tries = 0; tries < 120; tries += 1) {
    const made = await find();
    if (made) return made;
    await pause(1_000);
  }
  throw new Error('The job made no version in two minutes');
}

async function signIn() {
  const answer = await fetch(`${portal}/api/auth/example/refresh`, {
    headers: { 'x-example-person': ann },
  });
  if (!answer.ok)
    throw new Error(`${portal} does not let Ann enter: ${answer.status}`);
  return (await answer.json()).backstageIdentity.token;
}

async function get(path) {
  const answer = await fetch(`${portal}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}
