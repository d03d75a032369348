#!/usr/bin/env node
// Takes the pictures of docs/pages.md, every page light and dark. The portal has the example company and 10 000 runs:
//   node e2e/manyRuns.mjs http://localhost:7007
//   node e2e/gallery.mjs http://localhost:7007 [only these names …]
// Ends with 1 when a page shows an error or writes one to the console. Nothing is approved or deleted.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../scripts/shell.mjs';
import { launchChromium } from './browser.mjs';
import { galleryData } from './galleryData.mjs';
import { galleryPages } from './galleryPages.mjs';
import { requirePortal } from './portal.mjs';

const [portal = 'http://localhost:7007', ...only] = process.argv.slice(2);
await requirePortal(portal);
const folder = process.env.GALLERY ?? join(root, 'docs/images/pages');
const width = Number(process.env.WIDTH ?? 1440);

const pages = galleryPages(await galleryData(portal)).filter(
  ({ name }) => only.length === 0 || only.includes(name),
);
const complaints = [];

await mkdir(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const colorScheme of (process.env.THEMES ?? 'light,dark').split(',')) {
    for (const who of [...new Set(pages.map(page => page.person))]) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 1000 },
      });
      await context.addInitScript(person => {
        // A sandboxed preview has no storage.
        if (window.origin !== 'null')
          localStorage.setItem('downstage.example-person', person);
      }, `user:default/${who}`);
      const window = await context.newPage();
      for (const page of pages.filter(({ person }) => person === who)) {
        await take(window, page, colorScheme);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
}
if (complaints.length > 0) {
  process.stdout.write(`\n${complaints.join('\n')}\n`);
  process.exitCode = 1;
}

/** One picture; what goes wrong on the page is written down and does not keep the others from being taken. */
async function take(window, page, colorScheme) {
  const { name, path, text, act, expected } = page;
  const file = `${name}-${colorScheme}.jpg`;
  const complain = reason => complaints.push(`${file}: ${reason}`);
  const onConsole = message => {
    if (message.type() === 'error' && !expected?.test(message.text()))
      complain(message.text().slice(0, 300));
  };
  const onError = error => complain(String(error).slice(0, 300));
  window.on('console', onConsole);
  window.on('pageerror', onError);
  try {
    await window.goto(`${portal}${path}`);
    await window.getByText(text).first().waitFor({ timeout: 45_000 });
    await settled(window);
    await act?.(window);
    if (act) await settled(window);
    await pause(800);
    for (const words of ['This could not be loaded', 'Shown as it was last']) {
      if (await window.getByText(words).first().isVisible()) complain(words);
    }
  } catch (error) {
    complain(error.message.split('\n')[0]);
  }
  window.off('console', onConsole);
  window.off('pageerror', onError);
  await window.screenshot({
    path: join(folder, file),
    type: 'jpeg',
    quality: 72,
  });
  process.stdout.write(`${file}\n`);
}

/** Nothing is on its way, and plots have drawn. */
async function settled(window) {
  await window.waitForFunction(
    () => !document.querySelector('[aria-busy="true"]'),
    undefined,
    { timeout: 45_000 },
  );
  await pause(1_000);
}
