// What the pictures show, on a portal with the example company and with e2e/manyRuns.mjs: a second version that waits
// for approval, runs with curves to lay over each other, a webhook, tokens. Safe to call again.
import { person, until } from './portal.mjs';

const registry = '/api/ml-registry/v1';
const model = 'tumour-malignancy';

/** Makes what is missing and answers with what the addresses of the pages need. */
export async function galleryData(portal) {
  const ann = person(portal, 'user:default/ann');
  const many = await experiment(ann, 'many-runs');
  if (!many) {
    throw new Error(
      `There are no runs to show; first: node e2e/manyRuns.mjs ${portal}`,
    );
  }
  const version = await secondVersion(ann);
  await promotion(ann, version);
  await webhook(ann);
  await tokens(ann);
  const found = await ann.get(
    `${registry}/runs?limit=80&experimentId=${many}&filter=${encodeURIComponent(
      "params.kind = 'boosting' AND attributes.status = 'FINISHED'",
    )}`,
  );
  const long = await ann.get(
    `${registry}/runs?limit=1&experimentId=${many}&filter=${encodeURIComponent(
      "attributes.run_name = 'long-curves'",
    )}`,
  );
  const { items: versions } = await ann.get(
    `${registry}/models/default/${model}/versions`,
  );
  return {
    model,
    version,
    champion: versions.find(({ stage }) => stage === 'production').version,
    experiment: many,
    long: long.items[0]?.runId,
    runs: found.items.map(({ runId }) => runId),
    curves: await curves(ann),
  };
}

async function experiment(ann, name) {
  const { experiments = [] } = await mlflow(ann, 'experiments/search', {
    max_results: 1,
    filter: `name = '${name}'`,
  });
  return experiments[0]?.experiment_id;
}

/** A version in staging beside the one in production: the model's latest job, once more. */
async function secondVersion(ann) {
  const find = async () => {
    const { items } = await ann.get(
      `${registry}/models/default/${model}/versions`,
    );
    return items.find(({ stage }) => stage === 'staging')?.version;
  };
  const found = await find();
  if (found) return found;
  const jobs = await ann.get(
    `/api/ml-jobs/v1/jobs?limit=20&model=${encodeURIComponent(
      `model:default/${model}`,
    )}`,
  );
  await ann.post(`/api/ml-jobs/v1/jobs/${jobs.items[0].id}/rerun`);
  return until('a second version', find, 300_000);
}

async function promotion(ann, version) {
  const { items } = await ann.get(
    `${registry}/promotions?model=${encodeURIComponent(
      `model:default/${model}`,
    )}`,
  );
  if (items.some(item => item.version === version)) return;
  await ann.post(
    `${registry}/models/default/${model}/versions/${version}/promotions`,
    {
      to: 'production',
      reason: 'Trained on the newest data, as good as the champion.',
    },
  );
}

/** Switched off: nothing is called. */
async function webhook(ann) {
  const { items } = await ann.get(`${registry}/webhooks`);
  if (items.length > 0) return;
  const made = await ann.post(`${registry}/webhooks`, {
    name: 'release-notes',
    url: 'https://example.org/hooks/models',
    description: 'Writes the release notes',
    events: ['model_version.created', 'promotion.requested'],
    model: `model:default/${model}`,
  });
  await ann.patch(`${registry}/webhooks/${made.webhook.id}`, {
    status: 'DISABLED',
  });
}

/** Beside the token of the example company. */
async function tokens(ann) {
  const { items } = await ann.get('/api/ml-tokens/v1/tokens');
  const wanted = [
    { name: 'notebook', scopes: ['read', 'track'], expiresInDays: 30 },
    {
      name: 'nightly-training',
      scopes: ['read', 'track', 'register'],
      group: 'group:default/diagnostics',
      expiresInDays: 90,
    },
  ];
  for (const token of wanted) {
    if (!items.some(({ name }) => name === token.name))
      await ann.post('/api/ml-tokens/v1/tokens', token);
  }
}

/** Four runs that learn at different rates. */
async function curves(ann) {
  const name = 'learning-rates';
  const id =
    (await experiment(ann, name)) ??
    (await mlflow(ann, 'experiments/create', { name })).experiment_id;
  const found = await ann.get(`${registry}/runs?limit=10&experimentId=${id}`);
  if (found.items.length >= 4) return found.items.map(({ runId }) => runId);
  const made = [];
  for (const rate of [0.001, 0.003, 0.01, 0.03]) {
    const start = Date.now() - 600_000;
    const { run } = await mlflow(ann, 'runs/create', {
      experiment_id: id,
      run_name: `rate-${rate}`,
      start_time: start,
    });
    const runId = run.info.run_id;
    await mlflow(ann, 'runs/log-batch', {
      run_id: runId,
      params: [
        { key: 'learning_rate', value: String(rate) },
        { key: 'layers', value: '12' },
      ],
      metrics: Array.from({ length: 250 }, (_, step) => {
        const left = Math.exp(-step * rate * 3);
        const wave = 0.03 * Math.sin(step * (0.7 + rate * 50));
        return [
          ['train/loss', 0.1 + left + wave],
          ['val/loss', 0.15 + left + wave / 2 + step * rate * 0.01],
        ].map(([key, value]) => ({
          key,
          value,
          step,
          timestamp: start + step * 2_000,
        }));
      }).flat(),
    });
    await mlflow(ann, 'runs/update', {
      run_id: runId,
      status: 'FINISHED',
      end_time: start + 500_000,
    });
    made.push(runId);
  }
  return made;
}

function mlflow(ann, path, body) {
  return ann.post(`/api/ml-registry/mlflow/api/2.0/mlflow/${path}`, body);
}
