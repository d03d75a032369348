// Artifacts that want to do harm, in a real browser, and artifacts that are large, through a real portal.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { measure } from '../benchmarks/artifacts/transfer.mjs';
import { launchChromium } from './browser.mjs';
import { patience, person, portalOn, second } from './portal.mjs';

const marker = 'read-by-the-artifact';

/** Tries everything a page could try, and writes what worked into its own text, title and address. */
const hostile = `<!doctype html><h1 id="heading">A report</h1><div id="out">nothing ran</div>
<img src="x" onerror="document.getElementById('out').textContent = '${marker}: handler ran'">
<script>
  const out = document.getElementById('out');
  const tries = {
    storage: () => localStorage.getItem('secret'),
    cookie: () => document.cookie,
    parentDom: () => parent.document.body.innerHTML.length,
    topTitle: () => { top.document.title = '${marker}'; },
    navigate: () => { top.location = 'about:blank'; },
  };
  out.textContent = '${marker}: script ran';
  for (const [name, attempt] of Object.entries(tries)) {
    try { attempt(); out.textContent += ' ' + name; } catch (error) { /* refused */ }
  }
  fetch('/api/ml-registry/v1/models').catch(() => {});
</script>
<svg onload="document.title = '${marker}'"></svg>
<iframe srcdoc="<script>top.document.title = '${marker}'</script>"></iframe>
<form action="/api/ml-registry/v1/models" method="post"><button id="send">send</button></form>
<a id="leave" href="/" target="_top">leave</a>`;

const files = {
  'report.html': hostile,
  'picture.svg': `<svg xmlns="http://www.w3.org/2000/svg" onload="top.document.title = '${marker}'"><script>top.document.title = '${marker}'</script><text y="20">drawn</text></svg>`,
  'notes.md': `# Notes\n\n<img src=x onerror="document.title = '${marker}'">\n\n[leave](javascript:document.title='${marker}')\n\n<script>document.title = '${marker}'</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n`,
};

/** Steps as the test command counts them. */
export async function artifactSteps({ node, scratch }) {
  const result = { passed: 0, failed: 0 };
  const portal = await portalOn({ node, dataDir: join(scratch, 'artifacts') });
  await portal.start();
  const browser = await launchChromium();
  try {
    for (const [title, check] of Object.entries(steps)) {
      try {
        await check({ portal, browser });
        result.passed += 1;
        process.stdout.write(`  ✓ ${title}\n`);
      } catch (error) {
        result.failed += 1;
        process.stdout.write(`  ✗ ${title}: ${error.stack}\n`);
      }
    }
  } finally {
    await browser.close();
    await portal.stop();
  }
  return result;
}

const steps = {
  'files of runs are attachments that a browser never shows on the portal’s origin':
    async ({ portal }) => {
      const { ann, runId } = await aRunWithFiles(portal);
      for (const name of Object.keys(files)) {
        const response = await fetch(
          `${portal.url}/api/ml-registry/v1/runs/${runId}/artifact?path=${name}`,
          { headers: { authorization: `Bearer ${await ann.token()}` } },
        );
        assert.equal(response.status, 200);
        assert.match(
          response.headers.get('content-disposition'),
          /^attachment/,
        );
        assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
        assert.doesNotMatch(response.headers.get('content-type'), /html|svg/);
      }
    },

  'a hostile page, picture and note run nothing, and read neither storage nor cookies nor the page around them':
    async ({ portal, browser }) => {
      const { runId } = await aRunWithFiles(portal);
      const page = await signedIn(browser, portal.url);
      for (const name of Object.keys(files)) {
        await page.goto(
          `${portal.url}/models/runs/${runId}?tab=artifacts&artifact=${name}`,
        );
        await openFile(page, name);
        const element = page.locator(`iframe[title*="${name}"]`);
        await element.waitFor({ timeout: 30 * second * patience });
        assert.equal(await element.getAttribute('sandbox'), '');
        const frame = await (await element.elementHandle()).contentFrame();
        await frame.waitForLoadState();
        // The content is there...
        const expected = {
          'report.html': /A report/,
          'picture.svg': /<img/,
          'notes.md': /<td>1<\/td>/,
        };
        const html = await frame.content();
        assert.match(html, expected[name]);
        // ...its document has no origin, and nothing in it ran.
        assert.equal(await frame.evaluate(() => self.origin), 'null');
        if (name === 'report.html') {
          assert.equal(
            await frame.locator('#out').textContent(),
            'nothing ran',
          );
          await frame.locator('#leave').click({ timeout: 5 * second });
          await frame.locator('#send').click({ timeout: 5 * second });
        }
        assert.doesNotMatch(await page.title(), new RegExp(marker));
        assert.match(page.url(), new RegExp(`/models/runs/${runId}`));
        // What a script of that origin could reach, no matter who ran it.
        const reached = await frame.evaluate(() => {
          const open = [];
          for (const [what, attempt] of Object.entries({
            storage: () => localStorage.getItem('secret'),
            cookie: () => document.cookie,
            parent: () => parent.document.title,
          })) {
            try {
              attempt();
              open.push(what);
            } catch {
              // Refused, as it should be.
            }
          }
          return open;
        });
        assert.deepEqual(reached, []);
      }
      await page.context().close();
    },

  '600 MiB go up and down, whole and in parts, while the portal stays within 100 MiB of its idle memory':
    async ({ portal }) => {
      const { idle, figures } = await measure({
        url: portal.url,
        pid: portal.backendPid(),
        person: person(portal.url, 'user:default/ann'),
      });
      for (const { what, above, seconds } of figures) {
        process.stdout.write(
          `    ${what}: ${seconds.toFixed(1)} s, ${Math.round(
            above,
          )} MiB above ${Math.round(idle)}\n`,
        );
      }
      const over = figures.filter(({ above }) => above >= 100);
      assert.deepEqual(over, []);
    },
};

async function aRunWithFiles(portal) {
  const ann = person(portal.url, 'user:default/ann');
  const api = '/api/ml-registry/mlflow/api/2.0';
  const { run } = await ann.post(`${api}/mlflow/runs/create`, {
    experiment_id: '0',
    run_name: 'hostile',
  });
  const runId = run.info.run_id;
  for (const [name, content] of Object.entries(files)) {
    const response = await fetch(
      `${portal.url}${api}/mlflow-artifacts/artifacts/0/${runId}/artifacts/${name}`,
      {
        method: 'PUT',
        headers: { authorization: `Bearer ${await ann.token()}` },
        body: content,
      },
    );
    assert.equal(response.status, 200);
  }
  return { ann, runId };
}

async function signedIn(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    // Frames without an origin have no storage to write to.
    if (window !== window.top) return;
    localStorage.setItem('downstage.example-person', 'user:default/ann');
    localStorage.setItem('secret', 'of the portal');
  });
  await context.addCookies([{ name: 'secret', value: 'of the portal', url }]);
  return page;
}

/** Chooses a file in the run's artifacts, unless the link has. */
async function openFile(page, name) {
  const frame = page.locator(`iframe[title*="${name}"]`);
  const entry = page.getByText(name, { exact: true }).first();
  await entry
    .or(frame)
    .first()
    .waitFor({ timeout: 60 * second * patience });
  if (!(await frame.isVisible())) await entry.click();
}
