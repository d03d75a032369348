// Every way to bypass a gate that we could think of, tried by the wrong and the right people. All have to be refused, the
// production version must not move, and the audit trail has to name each attempt. Prints a table.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/shell.mjs';
import { runMlflowClient } from './mlflowClient.mjs';
import { minute, person, portalOn, until } from './portal.mjs';

const model = `evasion-${Date.now().toString(36)}`;
const modelFile = `flavors:
  python_function: {loader_module: mlflow.onnx}
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: '[{"type": "double", "name": "y"}]'
`;

/** Tries them all on a portal of its own; counts each way as a test. */
export async function gateEvasion({ node, scratch, python }) {
  const portal = await portalOn({ node, dataDir: join(scratch, 'evasion') });
  await portal.start();
  try {
    return await evade({ portal, python });
  } finally {
    await portal.stop();
  }
}

/** The same against a portal that is up. */
export async function evade({ portal, python }) {
  const people = Object.fromEntries(
    ['ann', 'ben', 'eve', 'cleo', 'dora'].map(name => [
      name,
      person(portal.url, `user:default/${name}`),
    ]),
  );
  const { ann, ben, eve, cleo, dora } = people;
  const rows = [];
  const mlflow = `${portal.url}/api/ml-registry/mlflow`;
  const api = '/api/ml-registry/v1';
  const modelPath = `${api}/models/default/${model}`;
  const production = async () => (await ann.get(modelPath)).production?.version;

  const client = async (who, method, path, body) => {
    const response = await fetch(`${mlflow}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await who.token()}`,
        'content-type': 'application/json',
      },
      body: typeof body === 'string' ? body : body && JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : {};
    throw Object.assign(new Error(text), { status: response.status });
  };
  const call = (who, method, path, body) =>
    client(who, method, `/api/2.0/mlflow/${path}`, body);

  /** A version whose files lie with its run, as older clients register them. */
  const register = async (who, name = model) => {
    const { run } = await call(who, 'POST', 'runs/create', {
      experiment_id: '0',
      start_time: Date.now(),
    });
    const { run_id: runId } = run.info;
    await call(who, 'POST', 'runs/log-metric', {
      run_id: runId,
      key: 'auc',
      value: 0.9,
      timestamp: Date.now(),
    });
    await client(
      who,
      'PUT',
      `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/model/MLmodel`,
      modelFile,
    );
    const made = await call(who, 'POST', 'model-versions/create', {
      name,
      source: `runs:/${runId}/model`,
      run_id: runId,
    });
    return { runId, version: Number(made.model_version.version) };
  };
  const ask = (who, version) =>
    who.post(`${modelPath}/versions/${version}/promotions`, {
      to: 'production',
      reason: 'evasion',
    });
  const approve = (who, id) => who.post(`${api}/promotions/${id}/approve`);

  const failures = async () =>
    auditTrail(
      await readFile(join(portal.dataDir, 'logs/portal.log'), 'utf8'),
    ).filter(({ status }) => status === 'failed');

  /** One way, and the event the auditor wrote down about it. */
  const attempt = async (way, who, work) => {
    const before = (await failures()).length;
    let said;
    let refused = false;
    try {
      said = JSON.stringify(await work());
    } catch (error) {
      refused = error.status >= 400 && error.status < 500;
      said = error.message;
    }
    const event = await until(
      `the audit event of: ${way}`,
      async () => (await failures())[before],
      5_000,
      50,
    ).catch(() => undefined);
    rows.push({ way, who, refused, said, event: event?.eventId });
  };

  // The way it is meant to go: Ann's version, approved by Ben, is in production.
  await call(ann, 'POST', 'registered-models/create', {
    name: model,
    tags: [{ key: 'downstage.owner', value: 'group:default/diagnostics' }],
  });
  const champion = await register(ann);
  const first = await ask(ann, champion.version);
  await until(
    'gates',
    async () =>
      (await ann.get(`${api}/promotions/${first.id}`)).state ===
      'waiting-for-approval',
  );
  await approve(ben, first.id);
  assert.equal(await production(), champion.version);

  const weak = await register(ann);
  const open = await ask(ann, weak.version);
  await until(
    'gates',
    async () =>
      (await ann.get(`${api}/promotions/${open.id}`)).state ===
      'waiting-for-approval',
  );

  // 1. The unmodified client, in the hands of an owner.
  const before = await failures();
  const tried = await withPython({
    python,
    portal,
    token: await ann.token(),
    champion,
    weak,
  });
  // One after the other, so the events come in the order of the attempts.
  const events = (await failures()).slice(before.length);
  rows.push(
    ...tried.map((row, index) => ({ ...row, event: events[index]?.eventId })),
  );

  // 2. Approvals by people who may not.
  const approval = id => who => approve(who, id);
  await attempt('approve her own request', 'ann', () => approve(ann, open.id));
  await attempt('approve as another team', 'cleo', () =>
    approve(cleo, open.id),
  );
  await attempt('approve as administrator', 'dora', () =>
    approve(dora, open.id),
  );
  await attempt('replay an approval of another promotion', 'ben', () =>
    approval(first.id)(ben),
  );
  await attempt('approve a promotion that is not there', 'ben', () =>
    approve(ben, randomUUID()),
  );
  await attempt('approve through transition-requests', 'ann', () =>
    call(ann, 'POST', 'transition-requests/approve', {
      name: model,
      version: String(weak.version),
      stage: 'Production',
    }),
  );
  await attempt('waive a gate of her own request', 'ann', () =>
    ann.post(`${api}/promotions/${open.id}/waive`, {
      gate: 'auc',
      reason: 'x',
    }),
  );
  await attempt('reject as another team', 'cleo', () =>
    cleo.post(`${api}/promotions/${open.id}/reject`, { comment: 'no' }),
  );

  // 3. Tokens: a program never approves, and never breaks the glass.
  const { secret } = await ben.post('/api/ml-tokens/v1/tokens', {
    name: `evasion-${Date.now()}`,
    scopes: ['read', 'track', 'register'],
    expiresInDays: 1,
  });
  const byToken = async (method, path, body) => {
    const response = await fetch(`${portal.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw Object.assign(new Error(text), { status: response.status });
  };
  await attempt('approve with a token', "ben's token", () =>
    byToken('POST', `${api}/promotions/${open.id}/approve`, {}),
  );
  await attempt('break the glass with a token', "ben's token", () =>
    byToken('POST', `${modelPath}/versions/${weak.version}/break-glass`, {
      reason: 'x',
      confirm: model,
    }),
  );

  // 4. Break-glass without right, name or reason; rollback to what never was in production.
  const glass = (who, body) =>
    who.post(`${modelPath}/versions/${weak.version}/break-glass`, body);
  await attempt('break the glass as another team', 'cleo', () =>
    glass(cleo, { reason: 'x', confirm: model }),
  );
  await attempt('break the glass without the name', 'ann', () =>
    glass(ann, { reason: 'x', confirm: 'other' }),
  );
  await attempt('roll back to a version that never was there', 'ann', () =>
    ann.post(`${modelPath}/rollback`, { toVersion: weak.version, reason: 'x' }),
  );

  // 5. Copies: the author of the original does not approve the copy somebody else makes.
  await call(ann, 'POST', 'registered-models/create', {
    name: `${model}-lab`,
    tags: [{ key: 'downstage.owner', value: 'group:default/diagnostics' }],
  });
  const bens = await register(ben, `${model}-lab`);
  const copy = await call(ann, 'POST', 'model-versions/create', {
    name: model,
    source: `models:/${model}-lab/${bens.version}`,
  });
  const copied = await ask(ann, Number(copy.model_version.version));
  await attempt('approve a copy of his own version', 'ben', () =>
    approve(ben, copied.id),
  );

  // 6. What was approved changes: the approval does not count any more.
  await call(ann, 'POST', 'model-versions/set-tag', {
    name: model,
    version: String(weak.version),
    key: 'downstage.reviewed',
    value: 'by nobody',
  });
  await attempt('approve after a tag under policy changed', 'ben', () =>
    approve(ben, open.id),
  );

  // 7. Two approvals at once, for two versions: one wins, the other has lost its approvals.
  const inProduction = await production();
  const rivals = await Promise.allSettled([
    approve(eve, open.id),
    approve(eve, copied.id),
  ]);
  const states = rivals.map(({ value }) => value?.state);
  const winners = states.filter(state => state === 'approved');
  rows.push({
    way: 'two promotions approved at the same moment',
    who: 'eve',
    refused: winners.length === 1,
    said: `one of two entered production: ${states.join(', ')}`,
    event: 'promotion-lapse',
  });
  assert.notEqual(await production(), inProduction);

  // Every attempt has to be refused, and to be in the audit trail as refused.
  const report = rows.map(row => ({
    ...row,
    passed: row.refused && row.event !== undefined,
  }));
  const text = table(report);
  process.stdout.write(text);
  await mkdir(portal.dataDir, { recursive: true });
  await writeFile(join(portal.dataDir, 'evasion.md'), text);
  const passed = report.filter(row => row.passed).length;
  return { passed, failed: report.length - passed };
}

/** The audit events in the log of the portal. */
function auditTrail(log) {
  // eslint-disable-next-line no-control-regex
  const plain = log.replace(/\u001b\[\d+m/g, '');
  return plain
    .split('\n')
    .filter(line => line.includes('isAuditEvent'))
    .map(line => ({
      eventId: /eventId="?([\w-]+)/.exec(line)?.[1],
      status: /status="?(\w+)/.exec(line)?.[1],
    }));
}

function table(rows) {
  const line = ({ way, who, refused, event, said }) =>
    `| ${way} | ${who} | ${refused ? 'refused' : '**NOT REFUSED**'} | ${
      event ?? '**NOT AUDITED**'
    } | ${said.replaceAll('|', '/').replace(/\s+/g, ' ').slice(0, 160)} |`;
  return `\n| way | who | outcome | audit event | what was said |\n|---|---|---|---|---|\n${rows
    .map(line)
    .join('\n')}\n\n`;
}

/** The unmodified client tries; one row per way. */
async function withPython({ python, portal, token, champion, weak }) {
  const folder = join(portal.dataDir, 'evasion-client');
  await mkdir(folder, { recursive: true });
  const { code, output, said } = await runMlflowClient(
    python,
    [
      join(root, 'e2e/gateEvasion.py'),
      model,
      ...[champion.version, weak.version].map(String),
      weak.runId,
      champion.runId,
    ],
    {
      url: portal.url,
      cwd: folder,
      env: {
        MLFLOW_TRACKING_TOKEN: token,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
      },
      limit: 3 * minute,
    },
  );
  assert.equal(code, 0, said);
  return output
    .trim()
    .split('\n')
    .map(text => ({ who: "ann's client", ...JSON.parse(text) }));
}
