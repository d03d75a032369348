// The golden path as agents walk it: a real MCP client and `backstage-cli actions`, in the name of example people.
// The portal runs and has a model in production. Actions that are marked as reading only are held to that mark.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startProcess } from '../scripts/processes.mjs';
import { root } from '../scripts/shell.mjs';
import { patience, requirePortal } from './portal.mjs';
import { endWith, walkSteps } from './steps.mjs';

const ours = /^ml-/;
/** What changes something and is nobody's in particular. */
const openToAll = ['ml-serving.predict', 'ml-registry.save-run-view'];
// Flags that the command line keeps for itself: an input of that name could not be given there.
const takenFlags = ['help', 'version', 'instance'];

/** Walks the path on its own, as `node e2e/agents.mjs http://localhost:7007` does. */
export function agents(options) {
  return walkSteps(agentSteps(options));
}

/**
 * The steps as [title, work] pairs, each resting on those before.
 *
 * `model` is in production, was trained by a job and has an endpoint. It belongs to the group of Ann and Eve and not to
 * Cleo's. `consent` does what a person does at the address that `auth login` prints; without a browser the
 * request of the consent page's button is sent.
 */
export function agentSteps({
  url,
  model = 'tumour-malignancy',
  node = process.execPath,
  consent = address => consentAs(url, 'ann', address),
}) {
  const modelRef = `model:default/${model}`;
  let tools;
  let lastJob;
  let champion;
  let challenger;
  let things;
  const as = (person, name, input) => callTool(url, person, name, input);
  const production = async () =>
    (await as('ann', 'ml-registry.get-model', { model })).production.version;

  return [
    [
      "an agent of Ann's lists the actions, and each explains itself",
      async () => {
        const client = await connect(url, 'ann');
        tools = (await client.listTools()).tools.filter(({ name }) =>
          ours.test(name),
        );
        await client.close();
        for (const { name, description, inputSchema } of tools) {
          check(description?.length > 80, `${name} hardly explains itself`);
          for (const [key, input] of Object.entries(
            inputSchema.properties ?? {},
          )) {
            check(input.description, `${name} does not explain '${key}'`);
            check(!takenFlags.includes(key), `${name} takes the flag --${key}`);
          }
        }
        const guide = await readFile(join(root, 'docs/agents.md'), 'utf8');
        same(
          'docs/agents.md and the registered actions',
          [...guide.matchAll(/^\| `(ml-[^`]+)`.*\| *(yes|no) *\|$/gm)]
            .map(([, id, reads]) => `${id} ${reads}`)
            .sort(),
          tools
            .map(
              ({ name, annotations }) =>
                `${name.replace('.', ':')} ${
                  annotations.readOnlyHint ? 'yes' : 'no'
                }`,
            )
            .sort(),
        );
      },
    ],
    [
      'it finds the model, what is in production, its job with the log, its drift',
      async () => {
        const { models } = await as('ann', 'ml-registry.list-models');
        check(
          models.some(
            ({ ref, production: found }) => ref === modelRef && found,
          ),
          `${modelRef} is not in production: ${JSON.stringify(models)}`,
        );
        const found = await as('ann', 'ml-registry.get-model', { model });
        check(found.health.message, 'get-model says nothing about health');
        champion = found.production.version;
        const { jobs } = await as('ann', 'ml-jobs.list-jobs', {
          model: modelRef,
          state: 'succeeded',
        });
        lastJob = await as('ann', 'ml-jobs.get-job', { id: jobs[0].id });
        check(
          lastJob.logTail.includes(`Registered ${model} version`),
          `The end of the log is '${lastJob.logTail}'`,
        );
        const drift = await as('ann', 'ml-monitoring.get-drift', { model });
        check(
          drift.window.columns.some(({ psi }) => psi > 0.2),
          `get-drift saw none: ${drift.message}`,
        );
      },
    ],
    [
      'an agent of Cleo of another team may call what is marked as reading only, and nothing of it changes anything',
      async () => {
        const state = () =>
          Promise.all([
            as('ann', 'ml-registry.get-model', { model }),
            as('ann', 'ml-registry.list-promotions', { model }),
            as('ann', 'ml-jobs.list-jobs', { limit: 100 }),
            as('ann', 'ml-data.list-datasets'),
            as('ann', 'ml-serving.get-endpoint', { model }),
          ]);
        const before = await state();
        things = await prepare(as, { modelRef });
        const inputs = reads({
          ...{ model, modelRef, champion, lastJob },
          ...things,
        });
        const guarded = guardedReads(things);
        same(
          'reads',
          namesOf(tools, true),
          Object.keys({ ...inputs, ...guarded }).sort(),
        );
        for (const [name, input] of Object.entries(inputs))
          await as('cleo', name, input);
        for (const [name, { input, person }] of Object.entries(guarded)) {
          const words = await refusal(url, 'cleo', name, input);
          check(says(words), `${name} as Cleo answered '${words}'`);
          if (person) await as(person, name, input);
        }
        same('after reading', await state(), before);
      },
    ],
    [
      'and is refused every change, in words that say who may',
      async () => {
        const { promotions } = await as('cleo', 'ml-registry.list-promotions', {
          model,
        });
        const inputs = changes({
          ...{ model, modelRef, champion, lastJob },
          promotion: promotions[0].id,
          token: (await groupToken(as, lastJob.owner)).id,
          ...things,
        });
        same('changes', namesOf(tools, false), Object.keys(inputs).sort());
        for (const [name, input] of Object.entries(inputs)) {
          // Anyone may ask an endpoint, which is no reading because every answer is written down, and keep a view.
          if (openToAll.includes(name)) continue;
          const words = await refusal(url, 'cleo', name, input);
          check(says(words), `${name} as Cleo answered '${words}'`);
        }
      },
    ],
    [
      'a wrong request is refused in words to act on',
      async () => {
        for (const [name, input, wanted] of [
          ['ml-registry.get-model', { model: 'a b:c/d/e' }, /^InputError: Not/],
          ['ml-serving.get-endpoint', { model: '' }, /^InputError: Not a mod/],
          [
            'ml-monitoring.get-drift',
            { model: 'nope' },
            /^NotFoundError: .*nope/,
          ],
          ['ml-jobs.get-job', { id: 'nope' }, /^NotFoundError: .*nope/],
          [
            'ml-jobs.submit-job',
            { repository: '', owner: 'group:default/diagnostics' },
            /^InputError: The job was not submitted: source.repository/,
          ],
        ]) {
          const words = await refusal(url, 'ann', name, input);
          check(wanted.test(words), `${name} answered '${words}'`);
        }
      },
    ],
    [
      "Ann's agent submits the job again and waits for its version",
      async () => {
        const before = await as('ann', 'ml-registry.get-model', { model });
        const { id } = await as('ann', 'ml-jobs.submit-job', {
          repository: lastJob.repository,
          owner: lastJob.owner,
          model: modelRef,
        });
        const job = await until(`job ${id}`, async () => {
          const found = await as('ann', 'ml-jobs.get-job', { id });
          return found.endedAt && found;
        });
        check(
          job.state === 'succeeded',
          `Job ${id} is ${job.state}: ${job.message}\n${job.logTail}`,
        );
        challenger = await until('its version in staging', async () => {
          const found = await as('ann', 'ml-registry.get-model', { model });
          const [newest] = found.versions;
          return (
            newest.version > before.versions[0].version &&
            newest.stage === 'staging' &&
            newest.version
          );
        });
      },
    ],
    [
      'it asks for promotion and may not approve; an agent of Eve finds the request and approves',
      async () => {
        const asked = await as('ann', 'ml-registry.request-promotion', {
          modelVersion: `${model}@${challenger}`,
          reason: 'Asked for by an agent',
        });
        same(asked.message ?? 'state', asked.state, 'waiting-for-approval');
        const words = await refusal(
          url,
          'ann',
          'ml-registry.approve-promotion',
          {
            id: asked.id,
          },
        );
        check(/^NotAllowedError: /.test(words), `Ann approved: ${words}`);
        const { promotions } = await as('eve', 'ml-registry.list-promotions', {
          model,
          state: 'waiting-for-approval',
        });
        const { id } = promotions.find(({ id: found }) => found === asked.id);
        const done = await as('eve', 'ml-registry.approve-promotion', {
          id,
          comment: 'Approved through an agent',
        });
        same(done.message, done.state, 'approved');
        same('in production', await production(), challenger);
      },
    ],
    [
      'it rolls back, and the version before is in production again',
      async () => {
        await as('ann', 'ml-registry.roll-back-model', {
          model,
          reason: 'An agent was asked to',
        });
        same('in production', await production(), champion);
      },
    ],
    [
      'a template uses the same actions as steps',
      async () => {
        const { valid, output } = await as(
          'ann',
          'scaffolder.dry-run-template',
          { templateYaml: lookTemplate(model), values: {}, files: [] },
        );
        check(valid, 'The template is not valid');
        same('its output', output.text[0].content, champion);
      },
    ],
    [
      'backstage-cli logs in as Ann, lists the actions and calls them',
      async () => {
        const folder = await mkdtemp(join(tmpdir(), 'downstage-cli-'));
        const cli = (...args) => runCli({ node, folder, args });
        try {
          await cli(
            ...['auth', 'login', '--no-browser', '--instance', 'portal'],
            ...['--backend-url', url],
            async line => {
              const address = /https?:\/\/\S+/.exec(line)?.[0];
              if (address) await consent(address);
            },
          );
          const sources = [
            ...new Set(tools.map(({ name }) => name.split('.')[0])),
          ];
          await cli('actions', 'sources', 'add', ...sources);
          const list = await cli('actions', 'list');
          for (const { name } of tools) {
            const id = name.replace('.', ':');
            check(list.includes(`${id} `), `The list has no ${id}:\n${list}`);
          }
          const run = async (id, ...flags) =>
            JSON.parse(await cli('actions', 'execute', id, ...flags));
          const found = await run('ml-registry:get-model', '--model', model);
          same('get-model', found.production.version, champion);
          const job = await run('ml-jobs:get-job', '--id', lastJob.id);
          same('get-job', job.state, 'succeeded');
          const drift = await run('ml-monitoring:get-drift', '--model', model);
          same('get-drift', drift.model, modelRef);
          const forward = await run(
            ...['ml-registry:roll-back-model', '--model', model],
            ...['--toVersion', `${challenger}`, '--reason', 'From a terminal'],
          );
          same('roll-back-model', forward.productionVersion, challenger);
          const words = await cli(
            ...['actions', 'execute', 'ml-registry:request-promotion'],
            ...['--modelVersion', `${model}@9999`],
          ).catch(error => error.message);
          check(/No version 9999/.test(words), `It answered '${words}'`);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
    ],
  ];
}

/** A template of one step, which looks at a model. */
function lookTemplate(model) {
  return `
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: look }
spec:
  owner: group:default/diagnostics
  type: service
  parameters: []
  steps:
    - id: look
      name: Look
      action: ml-registry:get-model
      input: { model: ${model} }
  output:
    text:
      - title: In production
        content: \${{ steps.look.output.production.version }}
`;
}

/** One fitting input for every action that reads only. */
function reads({ model, modelRef, champion, lastJob, run }) {
  const version = `${model}@${champion}`;
  return {
    'ml-data.get-dataset-access': { dataset: lastJob.inputs[0].ref },
    'ml-data.get-dataset-version': { dataset: lastJob.inputs[0].ref },
    'ml-data.list-datasets': {},
    'ml-jobs.explain-job': { id: lastJob.id },
    'ml-jobs.get-job': { id: lastJob.id },
    'ml-jobs.list-jobs': { model: modelRef },
    'ml-monitoring.get-drift': { model },
    'ml-monitoring.list-monitors': {},
    'ml-registry.compare-versions': { left: version, right: version },
    'ml-registry.get-metric-series': { runIds: [run], keys: ['val_auc'] },
    'ml-registry.get-model': { model },
    'ml-registry.get-model-card': { modelVersion: version },
    'ml-registry.get-production-on': { at: new Date().toISOString() },
    'ml-registry.get-reproduction': { modelVersion: version },
    'ml-registry.list-ledger': { model },
    'ml-registry.list-models': {},
    'ml-registry.list-production-changes': {
      from: '2026-01-01',
      to: new Date().toISOString(),
    },
    'ml-registry.list-promotions': { model },
    'ml-registry.list-run-views': { scope: 'all' },
    'ml-registry.list-runs': {},
    'ml-registry.list-webhooks': {},
    'ml-registry.search-model-versions': { filter: 'metrics.auc > 0' },
    'ml-serving.get-endpoint': { model },
    'ml-serving.list-endpoints': {},
    'ml-tokens.list-tokens': {},
  };
}

/** What reads only, and is not for everybody: for whom, and with what. */
function guardedReads({ webhook }) {
  return {
    'ml-registry.get-import': { input: {} },
    'ml-registry.list-webhook-deliveries': {
      input: { id: webhook },
      person: 'ann',
    },
    'ml-registry.preview-garbage': { input: {}, person: 'dora' },
  };
}

/** Things of Ann's for others to be refused. */
async function prepare(as, { modelRef }) {
  const { runs } = await as('ann', 'ml-registry.list-runs', { limit: 1 });
  const webhook = await as('ann', 'ml-registry.create-webhook', {
    name: `walk-${Date.now()}`,
    url: 'https://hooks.example.org/walk',
    events: ['registered_model.created'],
    model: modelRef,
  });
  const view = await as('ann', 'ml-registry.save-run-view', {
    scope: modelRef,
    name: 'walk',
    state: 'sort=name',
  });
  return { run: runs[0].runId, webhook: webhook.id, view: view.id };
}

/** A refusal that says who may. */
function says(words) {
  return /^NotAllowedError: .*(group:default\/|owner|administrator)/.test(
    words,
  );
}

/** One input for every action that changes something, such as an owner could send. */
function changes(given) {
  const { model, modelRef, champion, lastJob, promotion, token } = given;
  const { run, webhook, view } = given;
  const { repository, owner } = lastJob;
  const modelVersion = `${model}@${champion}`;
  return {
    'ml-data.grant-dataset-access': {
      dataset: lastJob.inputs[0].ref.split('@')[0],
      group: 'group:default/credit',
      purpose: 'Not theirs to give',
      until: '2100-01-01T00:00:00Z',
    },
    'ml-data.register-dataset-version': {
      dataset: lastJob.inputs[0].ref.split('@')[0],
    },
    'ml-data.revoke-dataset-grant': {
      dataset: lastJob.inputs[0].ref.split('@')[0],
      id: 'x',
    },
    'ml-jobs.cancel-job': { id: lastJob.id },
    'ml-jobs.hold-job': { id: lastJob.id },
    'ml-jobs.release-job': { id: lastJob.id },
    'ml-jobs.submit-job': { repository, owner, model: modelRef },
    'ml-monitoring.retrain-model': { model },
    'ml-registry.approve-promotion': { id: promotion },
    'ml-registry.break-glass': { modelVersion, reason: 'No', confirm: model },
    'ml-registry.cancel-import': { id: 'x' },
    'ml-registry.claim-model': { model, owner },
    'ml-registry.collect-garbage': { id: 'x' },
    'ml-registry.create-webhook': {
      name: 'x',
      url: 'https://hooks.example.org/x',
      events: ['*'],
      model: modelRef,
    },
    'ml-registry.delete-run-view': { id: view },
    'ml-registry.delete-runs': { runIds: [run] },
    'ml-registry.delete-webhook': { id: webhook },
    'ml-registry.import-mlflow-server': { uri: 'https://mlflow.example.org' },
    'ml-registry.redeliver-webhook': { id: webhook, deliveryId: 'x' },
    'ml-registry.reproduce-version': { modelVersion },
    'ml-registry.request-promotion': { modelVersion },
    'ml-registry.restore-runs': { runIds: [run] },
    'ml-registry.roll-back-model': { model, reason: 'Not mine' },
    'ml-registry.save-model-card': { modelVersion, card: {} },
    'ml-registry.save-run-view': {
      scope: modelRef,
      name: 'not mine',
      state: '',
    },
    'ml-registry.test-webhook': { id: webhook },
    'ml-registry.update-run': { runId: run, name: 'not mine' },
    'ml-registry.update-webhook': { id: webhook, status: 'DISABLED' },
    'ml-registry.verify-model-signature': { modelVersion },
    'ml-registry.waive-gate': { id: promotion, gate: 'x', reason: 'No' },
    'ml-serving.deploy-model': { model },
    'ml-serving.predict': { model, rows: [{}] },
    'ml-tokens.create-token': { name: 'x', scopes: ['read'], group: owner },
    'ml-tokens.revoke-token': { id: token },
  };
}

/** A token of the group, for others to be refused; it is gone when the walk is. */
async function groupToken(as, group) {
  const { token } = await as('ann', 'ml-tokens.create-token', {
    ...{ name: `walk-${Date.now()}`, scopes: ['read'], group },
    expiresInDays: 1,
  });
  return token;
}

function namesOf(tools, readOnly) {
  return tools
    .filter(({ annotations }) => annotations.readOnlyHint === readOnly)
    .map(({ name }) => name)
    .sort();
}

async function connect(url, person) {
  const client = new Client({ name: 'downstage-e2e', version: '1.0.0' });
  const authorization = `Bearer ${await tokenOf(url, person)}`;
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${url}/api/mcp-actions/v1`), {
      requestInit: { headers: { authorization } },
    }),
  );
  return client;
}

async function call(url, person, name, input = {}) {
  const client = await connect(url, person);
  try {
    return await client.callTool({ name, arguments: input });
  } finally {
    await client.close();
  }
}

async function callTool(url, person, name, input) {
  const answer = await call(url, person, name, input);
  if (answer.isError)
    throw new Error(`${name} as ${person}: ${answer.content[0].text}`);
  same(name, JSON.parse(answer.content[0].text), answer.structuredContent);
  return answer.structuredContent;
}

/** What an agent reads when a call is refused. */
async function refusal(url, person, name, input) {
  const answer = await call(url, person, name, input);
  if (!answer.isError)
    throw new Error(
      `${name} as ${person} was not refused: ${JSON.stringify(answer)}`,
    );
  return answer.content[0].text;
}

const tokens = new Map();

/** A user's token, as the sign-in page gets it; one for the whole walk, which is shorter than its hour. */
async function tokenOf(url, person) {
  const key = `${url} ${person}`;
  if (!tokens.has(key)) {
    const answer = await json(
      await fetch(`${url}/api/auth/example/refresh`, {
        headers: { 'x-example-person': `user:default/${person}` },
      }),
    );
    tokens.set(key, answer.backstageIdentity.token);
  }
  return tokens.get(key);
}

/** What the consent page does when its button is pressed. */
async function consentAs(url, person, address) {
  const { headers } = await fetch(address, { redirect: 'manual' });
  const session = new URL(headers.get('location')).pathname.split('/').at(-1);
  const { redirectUrl } = await json(
    await fetch(`${url}/api/auth/v1/sessions/${session}/approve`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenOf(url, person)}` },
    }),
  );
  await fetch(redirectUrl);
}

/** Runs the command line with a home of its own; a function at the end of the arguments sees what it prints. */
function runCli({ node, folder, args }) {
  const onOutput = typeof args.at(-1) === 'function' ? args.at(-1) : undefined;
  const words = onOutput ? args.slice(0, -1) : args;
  const program = join(root, 'node_modules/@backstage/cli/bin/backstage-cli');
  const child = startProcess(node, [program, ...words], {
    cwd: folder,
    env: { ...process.env, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((done, reject) => {
    let out = '';
    let err = '';
    child.stdout.on('data', chunk => {
      out += chunk;
      Promise.resolve(onOutput?.(String(chunk))).catch(error => {
        child.kill();
        reject(error);
      });
    });
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    child.once('error', reject);
    child.once('close', code =>
      code === 0
        ? done(out)
        : reject(new Error(`backstage-cli ${words.join(' ')}: ${err}${out}`)),
    );
  });
}

async function until(what, find, milliseconds = 5 * 60_000 * patience) {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    const found = await find();
    if (found) return found;
    await pause(1_000);
  }
  throw new Error(`Waited in vain for ${what}`);
}

function check(holds, message) {
  if (!holds) throw new Error(message);
}

function same(what, found, wanted) {
  const [a, b] = [found, wanted].map(value => JSON.stringify(value));
  check(a === b, `${what}: found ${a}, wanted ${b}`);
}

async function json(response) {
  if (!response.ok)
    throw new Error(
      `${response.url} answered ${response.status}: ${await response.text()}`,
    );
  return response.json();
}

if (process.argv[1]?.endsWith('agents.mjs')) {
  const [url = 'http://localhost:7007', model] = process.argv.slice(2);
  await requirePortal(url);
  endWith(await agents({ url, model }));
}
