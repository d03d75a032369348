// The golden path as two people walk it in a real browser. A data set is registered, a template makes a project, and
// its job trains a version. One person asks for promotion, another approves, and the endpoint answers. Requests
// drift, the monitor finds it, the owners are told, and the same job retrains.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/shell.mjs';
import { launchChromium } from './browser.mjs';
import { patience, person, portalOn } from './portal.mjs';
import { agentSteps } from './agents.mjs';
import { endWith, walkSteps } from './steps.mjs';

/** Limits end a walk that hangs; its verdict must not depend on what else the machine does. */
const minute = 60_000 * patience;
const model = 'mass-screening';

/** Walks the path on a portal of its own. Steps depend on each other: after a failure the rest counts as failed. */
export async function goldenPath({ node, scratch }) {
  const dataDir = join(scratch, 'portal');
  const screenshots = join(root, '.downstage', 'e2e');
  await rm(screenshots, { recursive: true, force: true });
  await mkdir(screenshots, { recursive: true });
  const portal = await portalOn({ node, dataDir });
  await portal.start();
  const browser = await launchChromium();
  const people = {};
  const pageOf = async name => {
    people[name] ??= await enter(browser, portal.url, name);
    return people[name];
  };
  const steps = [
    ...walk({ portal, pageOf }),
    // The same path once more, as agents walk it: on the model and the drift that are there now.
    ...agentSteps({
      url: portal.url,
      model,
      node,
      consent: async address => {
        const page = await pageOf('Ann');
        await page.goto(address);
        await page.getByRole('button', { name: 'Authorize' }).click();
        await page
          .getByText('Authorization Approved')
          .or(page.getByText('You may now close'))
          .first()
          .waitFor();
      },
    }),
  ];
  const explain = async () => {
    for (const [name, page] of Object.entries(people)) {
      await page
        .screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
        .catch(() => {});
    }
    return `  Pictures of what was seen: .downstage/e2e\n${await portal.complaints()}`;
  };
  try {
    return await walkSteps(steps, { explain });
  } finally {
    await browser.close();
    await portal.stop();
  }
}

function walk({ portal, pageOf }) {
  const entity = tab =>
    `${portal.url}/catalog/default/model/${model}${tab ? `/${tab}` : ''}`;
  let rows;
  let endpointUrl;
  let headers;
  const ann = person(portal.url, 'user:default/ann');
  return [
    [
      'under another name than localhost, over http, the portal opens',
      () => openedByName(portal),
    ],
    [
      'Ann registers a version of the data set',
      async () => {
        const page = await pageOf('Ann');
        await page.goto(
          `${portal.url}/catalog/default/dataset/breast-masses/versions`,
        );
        await page
          .getByRole('button', { name: 'Register version' })
          .first()
          .click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: 'Register version' })
          .click();
        await page.getByText('569').first().waitFor({ timeout: minute });
      },
    ],
    [
      'Ann creates a project from the template',
      async () => {
        const page = await pageOf('Ann');
        await page.goto(
          `${portal.url}/create/templates/default/tabular-sklearn`,
        );
        await page.fill('#root_name', model);
        await page.fill('#root_title', 'Mass screening');
        // Only teams that Ann is in are offered; of one, nobody needs to choose.
        await page.waitForFunction(() =>
          [...document.querySelectorAll('input')].some(({ value }) =>
            /^diagnostics$/i.test(value),
          ),
        );
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByLabel('Dataset').click();
        await page.getByRole('option', { name: /breast/i }).click();
        // The list of the data set's columns has come with a guess: what is typed narrows it, a click takes one.
        await page.getByText(/Guessed from default\/breast-masses/).waitFor();
        await page.fill('#root_target', 'malig');
        await page.getByRole('option', { name: /^malignant/ }).click();
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByRole('button', { name: 'Review' }).click();
        await page.getByRole('button', { name: 'Create' }).click();
        await page
          .locator('a[href*="/training/jobs/"]')
          .first()
          .waitFor({ timeout: 2 * minute });
      },
    ],
    [
      'its job trains, with a live log',
      async () => {
        const page = await pageOf('Ann');
        await page.locator('a[href*="/training/jobs/"]').first().click();
        await page.waitForURL(/\/training\/jobs\//);
        await page
          .getByText('Succeeded')
          .first()
          .waitFor({ timeout: 10 * minute });
        await page
          .getByText(/Registered mass-screening version 1/)
          .first()
          .waitFor({ timeout: minute });
      },
    ],
    [
      'the version passes its gates and stands in staging, with its lineage',
      async () => {
        const page = await pageOf('Ann');
        await page.goto(entity('versions'));
        await page.getByText('Staging').first().waitFor({ timeout: minute });
        await page.goto(entity('versions?version=1'));
        await page
          .getByText('default/breast-masses@1')
          .first()
          .waitFor({ timeout: minute });
      },
    ],
    [
      'Ann asks for promotion and cannot approve it herself',
      async () => {
        const page = await pageOf('Ann');
        await page
          .getByRole('button', { name: 'Request promotion' })
          .first()
          .click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Why this version?').fill('The first one');
        await dialog.getByRole('button', { name: 'Request promotion' }).click();
        await page
          .getByText('Waiting for approval')
          .first()
          .waitFor({ timeout: minute });
        await page
          .getByText(/You asked for this promotion/)
          .first()
          .waitFor({ timeout: minute });
      },
    ],
    [
      'Cleo of another team can look, and is offered nothing to change',
      async () => {
        const page = await pageOf('Cleo');
        await page.goto(entity('versions'));
        await page
          .getByText('Waiting for approval')
          .first()
          .waitFor({ timeout: minute });
        for (const name of [
          'Approve',
          'Request promotion',
          'Roll back',
          'Deploy',
        ]) {
          const offered = page.getByRole('button', { name, exact: true });
          if ((await offered.count()) && (await offered.first().isEnabled()))
            throw new Error(`Cleo is offered '${name}'`);
        }
      },
    ],
    [
      'Eve approves, and the version is in production',
      async () => {
        const page = await pageOf('Eve');
        await page.goto(entity('versions'));
        await page
          .getByRole('button', { name: 'Approve', exact: true })
          .first()
          .click();
        await page.getByText('Production').first().waitFor({ timeout: minute });
        await page.getByText('champion').first().waitFor({ timeout: minute });
      },
    ],
    [
      'Ann deploys it, and the endpoint answers',
      async () => {
        const page = await pageOf('Ann');
        await page.goto(entity('serving'));
        await page.getByRole('button', { name: 'Deploy' }).click();
        await page
          .getByText('Ready', { exact: true })
          .first()
          .waitFor({ timeout: 2 * minute });
        await page.getByRole('button', { name: 'Ask for predictions' }).click();
        await page
          .getByText(/Answered by version 1/)
          .waitFor({ timeout: minute });
        endpointUrl = `${portal.gatewayUrl}/v2/models/${model}`;
      },
    ],
    [
      'a program asks by the Open Inference Protocol and by named columns',
      async () => {
        rows = await sampleRows();
        const unsigned = await fetch(endpointUrl);
        if (unsigned.status !== 401)
          throw new Error(`Without a token it answered ${unsigned.status}`);
        headers = {
          authorization: `Bearer ${await ann.token()}`,
          'content-type': 'application/json',
        };
        const metadata = await json(await fetch(endpointUrl, { headers }));
        const [input] = metadata.inputs;
        const answer = await json(
          await fetch(`${endpointUrl}/infer`, {
            method: 'POST',
            headers,
            body: JSON.stringify({
              id: 'e2e',
              inputs: [
                {
                  name: input.name,
                  datatype: input.datatype,
                  shape: [1, rows[0].length],
                  data: rows[0].map(([, value]) => value),
                },
              ],
            }),
          }),
        );
        if (answer.id !== 'e2e' || answer.model_version !== '1')
          throw new Error(`Unexpected answer: ${JSON.stringify(answer)}`);
        await send(endpointUrl, headers, rows.slice(0, 400));
      },
    ],
    [
      'drifted requests are found, and the owners are told',
      async () => {
        const page = await pageOf('Ann');
        await page.goto(entity('monitoring'));
        await page
          .getByText(/Looks like the baseline|Evaluate now/)
          .first()
          .waitFor({ timeout: minute });
        const larger = rows.map(row =>
          row.map(([name, value]) => [
            name,
            /radius|perimeter|area/.test(name) ? value * 1.5 : value,
          ]),
        );
        await send(endpointUrl, headers, larger.slice(0, 400));
        await page.getByRole('button', { name: 'Evaluate now' }).click();
        await page
          .getByText('Drifted')
          .first()
          .waitFor({ timeout: 2 * minute });
        const eve = await pageOf('Eve');
        await eve.goto(`${portal.url}/notifications`);
        await eve
          .getByText(/has drifted/)
          .first()
          .waitFor({ timeout: minute });
      },
    ],
    [
      'Ann retrains: the same job is submitted again',
      async () => {
        const page = await pageOf('Ann');
        await page.getByRole('button', { name: 'Retrain' }).click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: 'Submit the job' })
          .click();
        const link = page.locator('a[href*="/training/jobs/"]').first();
        await link.waitFor({ timeout: minute });
        await link.click();
        await page
          .getByText('Succeeded')
          .first()
          .waitFor({ timeout: 5 * minute });
        await page.goto(entity('versions'));
        await page.getByText('Version 2').first().waitFor({ timeout: minute });
      },
    ],
  ];
}

/** As a colleague opens it: not on this machine, and without a certificate. */
async function openedByName(portal) {
  const name = 'portal.example';
  const browser = await launchChromium({
    args: [`--host-resolver-rules=MAP ${name} 127.0.0.1`],
  });
  try {
    const url = new URL(portal.url);
    url.hostname = name;
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', error => errors.push(error.message));
    page.on('requestfailed', request => errors.push(request.url()));
    page.setDefaultTimeout(minute / 2);
    await page.goto(url.href);
    // The names that the example sign-in lets in are another matter; the page itself is there.
    await page.getByRole('button', { name: 'Enter as Ann' }).waitFor();
    if (await page.evaluate(() => !crypto.randomUUID || isSecureContext))
      errors.push('the page has no random ids, or is no plain http page');
    if (errors.length) throw new Error(errors.join('\n'));
  } finally {
    await browser.close();
  }
}

/** A browser window in which somebody has entered by the sign-in page. */
async function enter(browser, url, name) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 1000 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(minute / 2);
  await page.goto(url);
  await page.getByRole('button', { name: `Enter as ${name}` }).click();
  await page.getByRole('link', { name: 'Home', exact: true }).first().waitFor();
  return page;
}

/** Rows of the example data as [name, value] pairs, in the order of the columns. */
async function sampleRows() {
  const text = await readFile(
    join(root, 'examples/data/breast-masses.csv'),
    'utf8',
  );
  const [header, ...lines] = text.trim().split('\n');
  const names = header.trim().split(',');
  return lines.map(line =>
    line
      .trim()
      .split(',')
      .map((value, index) => [names[index], Number(value)])
      .filter(([name]) => name !== 'mass_id' && name !== 'malignant'),
  );
}

async function send(url, headers, rows) {
  for (let start = 0; start < rows.length; start += 50) {
    await json(
      await fetch(`${url}/predict`, {
        method: 'POST',
        headers,
        body: JSON.stringify({
          rows: rows
            .slice(start, start + 50)
            .map(row => Object.fromEntries(row)),
        }),
      }),
    );
  }
}

async function json(response) {
  if (!response.ok)
    throw new Error(
      `${response.url} answered ${response.status}: ${await response.text()}`,
    );
  return response.json();
}

if (process.argv[1]?.endsWith('goldenPath.mjs')) {
  const scratch = join(root, '.downstage', 'e2e-run');
  await rm(scratch, { recursive: true, force: true });
  endWith(await goldenPath({ node: process.execPath, scratch }));
}
