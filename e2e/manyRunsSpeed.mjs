#!/usr/bin/env node
// Measures how smooth the runs table is with what `manyRuns.mjs` put there:
//   node e2e/manyRunsSpeed.mjs http://localhost:7007 [experiment=many-runs]
// Opens the table in a browser, and prints the time to the first and to all rows. Prints the times of frames and the
// long tasks while it scrolls from top to bottom. Prints the time of a sort, of unfolding all of a group, and the rows
// that exist.
// Fails where a bar is missed, so that it can stand in a check.
import { launchChromium } from './browser.mjs';
import { person, requirePortal } from './portal.mjs';

const [portal = 'http://localhost:7007', name = 'many-runs'] =
  process.argv.slice(2);
await requirePortal(portal);
const ann = person(portal, 'user:default/ann');
const { items } = await ann.get('/api/ml-registry/v1/experiments');
const experiment = items.find(each => each.name === name);
if (!experiment) throw new Error(`There is no experiment ${name}`);

const browser = await launchChromium();
const failures = [];
try {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 1000 },
  });
  await context.addInitScript(() =>
    localStorage.setItem('downstage.example-person', 'user:default/ann'),
  );
  await context.addInitScript(watch);
  const page = await context.newPage();
  // The first visit loads the program; what is measured is the table.
  await page.goto(`${portal}/models/runs?experiment=0`);
  await page.getByRole('combobox', { name: 'Filter' }).waitFor();

  const begin = Date.now();
  await page.goto(
    `${portal}/models/runs?experiment=${experiment.experimentId}&nested=no`,
  );
  const grid = page.getByRole('grid', { name: 'Runs' });
  await grid.locator('[aria-rowindex="2"]').waitFor();
  report('first rows after', Date.now() - begin, 'ms', 4_000);
  await page
    .getByText(/^[\d,]+ runs$/)
    .first()
    .waitFor({ timeout: 60_000 });
  report('all rows after', Date.now() - begin, 'ms', 15_000);
  const count = await grid.getAttribute('aria-rowcount');
  process.stdout.write(`aria-rowcount ${count}\n`);
  report(
    'rows in the document',
    await grid.getByRole('row').count(),
    'rows',
    60,
  );

  for (const [what, step, frames] of [
    ['wheel', 180, 400],
    ['fast drag', 2_400, 150],
  ]) {
    const result = await page.evaluate(scroll, { step, frames });
    report(`${what}: median frame`, result.median, 'ms', 34);
    report(`${what}: p95 frame`, result.p95, 'ms', 60);
    report(`${what}: longest frame`, result.longest, 'ms', 250);
    report(`${what}: long tasks`, result.longTasks, `of ${frames} frames`, 15);
  }

  const sorting = Date.now();
  const answer = page.waitForResponse(/run-table.*sort=metrics/);
  await grid
    .getByRole('columnheader', { name: 'auc' })
    .getByRole('button')
    .click();
  await answer;
  await grid.locator('[aria-sort]').waitFor();
  report(
    'first rows sorted by a metric after',
    Date.now() - sorting,
    'ms',
    2_000,
  );

  await grid.evaluate(box => box.scrollTo({ top: 0 }));
  await grid.locator('[data-cell="1-3"]').focus();
  const keys = [];
  for (let press = 0; press < 60; press += 1) {
    const before = Date.now();
    await page.keyboard.press('ArrowDown');
    keys.push(Date.now() - before);
  }
  const focused = await page.evaluate(
    () => document.activeElement?.getAttribute('data-cell') ?? '',
  );
  if (focused !== '61-3') failures.push(`60 arrow keys led to ${focused}`);
  report('arrow key', keys.sort((a, b) => a - b)[30], 'ms', 60);
} finally {
  await browser.close();
}
if (failures.length > 0) {
  process.stdout.write(`\nMissed: ${failures.join('; ')}\n`);
  process.exitCode = 1;
}

function report(what, value, unit, most) {
  process.stdout.write(`${what}: ${Math.round(value * 10) / 10} ${unit}\n`);
  if (value > most) failures.push(`${what} ${value} > ${most}`);
}

/** In the page: writes down tasks that hold the browser for more than 50 ms. */
function watch() {
  window.longTasks = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries())
      window.longTasks.push(entry.duration);
  }).observe({ entryTypes: ['longtask'] });
}

/** In the page: scrolls the grid by a step a frame, and measures the frames. */
async function scroll({ step, frames }) {
  const grid = document.querySelector('[role="grid"]');
  grid.scrollTop = 0;
  await new Promise(resolve => requestAnimationFrame(resolve));
  const tasks = window.longTasks.length;
  const times = [];
  let last = performance.now();
  for (let frame = 0; frame < frames; frame += 1) {
    grid.scrollTop += step;
    await new Promise(resolve => requestAnimationFrame(resolve));
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  times.sort((a, b) => a - b);
  return {
    median: times[Math.floor(times.length / 2)],
    p95: times[Math.floor(times.length * 0.95)],
    longest: times.at(-1),
    longTasks: window.longTasks.length - tasks,
  };
}
