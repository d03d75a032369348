// Brings the example company to life: its people work, one step after the other, as visitors of a portal do.
//
// Every step is a call that a click makes too, in the name of the person who would click. Each step first looks
// whether it was done before, so that a start after an interruption goes on where it was.
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const portal = process.env.DOWNSTAGE_URL ?? 'http://localhost:7007';
const model = 'tumour-malignancy';
const modelRef = `model:default/${model}`;
const modelPath = `/api/ml-registry/v1/models/default/${model}`;
const endpointPath = `/api/ml-serving/v1/endpoints/default/${model}`;
const monitorPath = `/api/ml-monitoring/v1/monitors/default/${model}`;
const started = Date.now();

const [ann, eve] = ['ann', 'eve'].map(name => person(`user:default/${name}`));

await step('Ann registers the data set breast-masses', registerDataset);
await step(
  'Ann creates the project tumour-malignancy from the template',
  createProject,
);
const version = await step(
  'Its first job trains and registers a version',
  trainedVersion,
);
await step(`Ann asks to promote version ${version}; Eve approves`, () =>
  promote(version),
);
await step('Ann deploys it to an endpoint', deploy);
await step('Patients come: 600 predictions like those it was trained on', () =>
  traffic('usual', rows => rows),
);
await step(
  'A clinic changes its scanner: 600 predictions with larger radii',
  () => traffic('drifted', drifted),
);
say(
  `The example company is alive after ${(
    (Date.now() - started) /
    60_000
  ).toFixed(1)} minutes: ${portal}/catalog/default/model/${model}`,
);

async function registerDataset() {
  const path = '/api/ml-data/v1/datasets/default/breast-masses/versions';
  // The catalog reads its files a moment after the start.
  await until('the data set in the catalog', () =>
    ann.find('/api/catalog/entities/by-name/dataset/default/breast-masses'),
  );
  const { items } = await ann.get(path);
  if (items.length) return;
  await ann.post(path, {
    message: 'The measurements as they came from the laboratory',
  });
}

async function createProject() {
  if (await latestJob()) return;
  await until('the template in the catalog', () =>
    ann.find('/api/catalog/entities/by-name/template/default/tabular-sklearn'),
  );
  const { id } = await ann.post('/api/scaffolder/v2/tasks', {
    templateRef: 'template:default/tabular-sklearn',
    values: {
      name: model,
      title: 'Tumour malignancy',
      description:
        'Tells malignant from benign breast masses by the measurements of their cell nuclei',
      owner: 'group:default/diagnostics',
      risk: 'limited',
      dataset: 'dataset:default/breast-masses',
      featureView: 'feature:default/cell-nucleus-measurements',
      target: 'malignant',
      metric: 'val_auc',
      goal: 0.97,
      publishTo: 'local',
    },
  });
  await until('the project', async () => {
    const task = await ann.get(`/api/scaffolder/v2/tasks/${id}`);
    if (task.status === 'failed')
      throw new Error(`The template failed; see ${portal}/create/tasks/${id}`);
    return task.status === 'completed';
  });
}

async function trainedVersion() {
  const versions = () =>
    ann.get(`${modelPath}/versions`).then(
      ({ items }) => items,
      () => [],
    );
  await until(
    'a version in staging',
    async () => {
      if ((await versions()).some(item => item.stage !== 'none')) return true;
      const job = await latestJob();
      if (job?.state === 'failed') {
        throw new Error(
          `Training failed: ${
            job.message ?? job.reason
          }. Its log: ${portal}/training/jobs/${job.id}`,
        );
      }
      return false;
    },
    20 * 60_000,
  );
  const items = await versions();
  return (
    items.find(item => item.stage === 'production') ??
    items.find(item => item.stage !== 'none')
  ).version;
}

async function promote(number) {
  if ((await ann.get(modelPath)).production) return;
  const { items } = await ann.get(
    `/api/ml-registry/v1/promotions?model=${encodeURIComponent(modelRef)}`,
  );
  const promotion =
    items.find(item =>
      ['requested', 'checking', 'waiting-for-approval'].includes(item.state),
    ) ??
    (await ann.post(`${modelPath}/versions/${number}/promotions`, {
      to: 'production',
      reason: 'First model of the screening programme',
    }));
  const path = `/api/ml-registry/v1/promotions/${promotion.id}`;
  await until('the gates', async () => {
    const { state, message } = await ann.get(path);
    if (['blocked', 'rejected', 'withdrawn'].includes(state))
      throw new Error(`The promotion is ${state}: ${message}`);
    return ['waiting-for-approval', 'approved'].includes(state);
  });
  if ((await ann.get(path)).state === 'waiting-for-approval') {
    await eve.post(`${path}/approve`, {
      comment: 'Checked on the held-out masses; agreed.',
    });
  }
  await until(
    'the version in production',
    async () => (await ann.get(modelPath)).production,
  );
}

async function deploy() {
  if (!(await ann.find(endpointPath)))
    await ann.post('/api/ml-serving/v1/endpoints', { modelRef });
  await until(
    'the endpoint',
    async () => (await ann.get(endpointPath)).state === 'ready',
  );
}

/** Sends rows of the data set through the endpoint, in small groups as an application would. */
async function traffic(kind, change) {
  const { rows: before, features } = await ann.get(
    `${endpointPath}/prediction-log`,
  );
  if (before >= (kind === 'usual' ? 600 : 1200)) return;
  await until(
    'the baseline',
    async () => (await ann.find(`${monitorPath}/baseline`))?.state === 'ready',
  );
  const rows = change(
    await sample(
      600,
      kind === 'usual' ? 1 : 2,
      features.map(feature => feature.name),
    ),
  );
  for (let start = 0; start < rows.length; start += 20) {
    await ann.post(`${endpointPath}/predict`, {
      rows: rows.slice(start, start + 20),
    });
  }
  await ann.post(`${monitorPath}/evaluate`, {});
}

/** Rows of the data set drawn with replacement, the same at every start. */
async function sample(count, seed, features) {
  const file = new URL('data/breast-masses.csv', import.meta.url);
  const [header, ...lines] = (await readFile(file, 'utf8')).trim().split('\n');
  const names = header.trim().split(',');
  let state = seed;
  const draw = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return lines[Math.floor((state / 2 ** 32) * lines.length)]
      .trim()
      .split(',');
  };
  return Array.from({ length: count }, () => {
    const values = draw();
    return Object.fromEntries(
      features.map(name => [name, Number(values[names.indexOf(name)])]),
    );
  });
}

/** A scanner that measures lengths a quarter too long. */
function drifted(rows) {
  const factor = name =>
    /area/.test(name) ? 1.5625 : /radius|perimeter/.test(name) ? 1.25 : 1;
  return rows.map(row =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, value * factor(name)]),
    ),
  );
}

async function latestJob() {
  const { items } = await ann.get(
    `/api/ml-jobs/v1/jobs?model=${encodeURIComponent(modelRef)}&limit=1`,
  );
  return items[0];
}

/** Somebody signed in: calls the portal with their own token. */
function person(entityRef) {
  let token;
  let signedInAt = 0;
  const signIn = async () => {
    if (token && Date.now() - signedInAt < 30 * 60_000) return token;
    const answer = await until(`the sign-in of ${entityRef}`, async () => {
      const response = await fetch(`${portal}/api/auth/example/refresh`, {
        headers: { 'x-example-person': entityRef },
      });
      // People are read from a file a moment after the start.
      return response.ok ? response.json() : undefined;
    });
    signedInAt = Date.now();
    token = answer.backstageIdentity.token;
    return token;
  };
  const call = async (method, path, body) => {
    const response = await fetch(`${portal}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await signIn()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    if (response.ok) return response.json();
    const message = messageOf(await response.text());
    throw Object.assign(
      new Error(`${method} ${path} answered ${response.status}: ${message}`),
      { status: response.status },
    );
  };
  return {
    get: path => call('GET', path),
    post: (path, body) => call('POST', path, body),
    /** The answer, or undefined where there is nothing yet. */
    find: path =>
      call('GET', path).catch(error => {
        if (error.status === 404) return undefined;
        throw error;
      }),
  };
}

function messageOf(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return text.slice(0, 300);
  }
}

async function until(what, done, limit = 3 * 60_000) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await done();
    if (value) return value;
    if (Date.now() > end)
      throw new Error(`Waited ${limit / 60_000} minutes for ${what}`);
    await pause(1_000);
  }
}

async function step(title, work) {
  const begun = Date.now();
  try {
    const value = await work();
    say(`${title}: done (${((Date.now() - begun) / 1000).toFixed(0)} s)`);
    return value;
  } catch (error) {
    say(`${title}: ${error.message}`);
    say(
      'The example company rests here; the portal itself is fine. The next start tries again.',
    );
    process.exit(1);
  }
}

function say(text) {
  process.stdout.write(`  Example: ${text}\n`);
}
