// Opens every page in a real browser, as somebody who is signed in and has been there before.
import { chromium } from 'playwright-core';
import { busiest } from './seed.mjs';

const model = `/catalog/default/model/${busiest.name}`;

/** A page is there when something of the seeded content can be seen. */
const pages = [
  {
    id: 'catalog',
    title: 'catalog, stock page of kind Model',
    path: '/catalog?filters%5Bkind%5D=model&filters%5Buser%5D=all',
    shows: /model-\d{6}/,
  },
  { id: 'models', title: 'models', path: '/models', shows: /model-\d{6}/ },
  {
    id: 'models-mine',
    title: 'models of one group',
    path: '/models?owner=group:default/diagnostics',
    shows: /model-\d{6}/,
  },
  {
    id: 'versions',
    title: 'versions of all models',
    path: '/models/versions',
    shows: /model-\d{6}/,
  },
  { id: 'runs', title: 'runs', path: '/models/runs', shows: /run-\d+/ },
  {
    id: 'approvals',
    title: 'approvals',
    path: '/models/approvals',
    shows: /model-\d{6}@/,
  },
  {
    id: 'ledger',
    title: 'ledger',
    path: '/models/ledger',
    shows: /Version \d+ /,
  },
  {
    id: 'model-versions',
    title: 'a model, its versions',
    path: `${model}/versions`,
    shows: /Version \d+/,
  },
  {
    id: 'model-runs',
    title: 'a model, its runs',
    path: `${model}/runs`,
    shows: /run-\d+/,
  },
  {
    id: 'model-training',
    title: 'a model, its training',
    path: `${model}/training`,
    shows: /train/,
  },
  {
    id: 'model-monitoring',
    title: 'a model, its monitoring',
    path: `${model}/monitoring`,
    shows: /window/i,
  },
  {
    id: 'endpoints',
    title: 'endpoints',
    path: '/endpoints',
    shows: /model-\d{6}/,
  },
  {
    id: 'training',
    title: 'training',
    path: '/training',
    shows: /train/,
  },
  {
    id: 'monitoring',
    title: 'monitoring',
    path: '/monitoring',
    shows: /model-\d{6}/,
  },
  {
    id: 'tokens',
    title: 'access tokens',
    path: '/settings/access-tokens',
    shows: /token-\d+/,
  },
];

/**
 * Runs in the page before its own scripts. It looks at every frame, as a locator of Playwright's looks twice a second
 * only: such a clock adds up to half a second, and shows no gain below that.
 */
function watchContent() {
  globalThis.contentShown = ({ source, flags }) =>
    new Promise((resolve, reject) => {
      const shows = new RegExp(source, flags);
      const look = () => {
        // Beside the navigation, the one container of every page.
        const found = [...document.querySelectorAll('.bui-Container')].some(
          // Hidden text is left out of the second one, which costs a layout.
          container =>
            shows.test(container.textContent) &&
            shows.test(container.innerText),
        );
        // Counted from the start of the navigation to this page.
        if (found) resolve(performance.now());
        else if (performance.now() > 30_000)
          reject(new Error(`nothing of ${source} after 30 seconds`));
        else requestAnimationFrame(look);
      };
      look();
    });
}

export async function openPages({ url, times = 5 }) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const results = [];
  try {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 1000 },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    await page.addInitScript(watchContent);
    await page.goto(url);
    await page.getByRole('button', { name: 'Enter as Ann' }).click();
    await page
      .getByRole('link', { name: 'Home', exact: true })
      .first()
      .waitFor();
    for (const one of pages) {
      const taken = [];
      try {
        // Once more than counted: the browser keeps scripts from then on.
        for (let time = -1; time < times; time += 1) {
          await page.goto(`${url}${one.path}`, { waitUntil: 'commit' });
          const shown = await page.evaluate(
            shows => globalThis.contentShown(shows),
            { source: one.shows.source, flags: one.shows.flags },
          );
          if (time >= 0) taken.push(shown);
        }
        taken.sort((a, b) => a - b);
        results.push({
          ...one,
          shows: undefined,
          p50: taken[Math.floor(taken.length / 2)],
          worst: taken.at(-1),
        });
      } catch (error) {
        results.push({
          ...one,
          shows: undefined,
          error: error.message.split('\n')[0],
        });
      }
      const { p50, error } = results.at(-1);
      process.stdout.write(
        `  page ${one.title.padEnd(50)} ${error ?? `${p50.toFixed(0)} ms`}\n`,
      );
    }
  } finally {
    await browser.close();
  }
  return results;
}
