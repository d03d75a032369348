import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { keepOutput } from './__testUtils__/keepOutput';
import { runCommand } from './__testUtils__/runCommand';

type Seen = {
  method?: string;
  url?: string;
  authorization?: string;
  body: string;
};

jest.setTimeout(60_000);

describe('downstage', () => {
  let server: Server;
  let answer: { status: number; body: object };
  let seen: Seen[];
  let kept: ReturnType<typeof keepOutput>;
  const before = { ...process.env };

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push({
          method,
          url,
          authorization: headers.authorization,
          body,
        });
        response
          .writeHead(answer.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
    const { port } = server.address() as AddressInfo;
    process.env.DOWNSTAGE_URL = `http://127.0.0.1:${port}`;
    process.env.DOWNSTAGE_TOKEN = 'secret-of-ann';
    kept = keepOutput();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.env = { ...before };
    process.exitCode = undefined;
    await new Promise(resolve => server.close(resolve));
  });

  const model = {
    ref: 'model:default/churn',
    namespace: 'default',
    name: 'churn',
    owner: 'group:default/credit',
    risk: 'minimal',
    hasEntity: true,
    versionCount: 3,
    pendingPromotions: 0,
    createdAt: '2026-11-20T10:00:00.000Z',
    updatedAt: '2026-11-20T10:00:00.000Z',
  };

  it.each([
    ['diagnostics', 'group:default/diagnostics'],
    ['team/vision', 'group:team/vision'],
    ['user:default/ann', 'user:default/ann'],
  ])('takes the owner %s for %s', async (given, ref) => {
    answer = { status: 200, body: { items: [] } };
    await runCommand('models', '--owner', given);
    const { searchParams } = new URL(seen[0].url ?? '', 'http://portal');
    expect(searchParams.get('owner')).toBe(ref);
  });

  it('lists models in the name of the token, as a table', async () => {
    const staging = {
      ref: 'default/churn@3',
      version: 3,
      stage: 'staging',
      metrics: {},
      createdAt: '2026-11-20T10:00:00.000Z',
    };
    answer = { status: 200, body: { items: [{ ...model, staging }] } };
    await runCommand('models');
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/api/ml-registry/v1/models?limit=500',
      authorization: 'Bearer secret-of-ann',
    });
    expect(kept.out).toBe(
      'MODEL  OWNER                 PRODUCTION  CANDIDATE  STAGING  VERSIONS\n' +
        'churn  group:default/credit  –           –          v3       3\n',
    );
  });

  /** As the template's training logs it: curves come first by their names, and the gate looks at the last. */
  const version = {
    ref: 'default/churn@2',
    modelRef: 'model:default/churn',
    version: 2,
    stage: 'staging',
    aliases: [],
    tags: {},
    status: 'READY',
    source: 'runs:/1/model',
    artifactUri: 'mlflow-artifacts:/0/1/artifacts/model',
    params: {},
    datasets: [],
    features: [],
    flavors: ['onnx'],
    owner: 'group:default/credit',
    createdAt: '2026-11-20T10:00:00.000Z',
    createdBy: 'user:default/ann',
    metrics: {
      curve_train_log_loss: 0.1,
      curve_val_log_loss: 0.2,
      train_accuracy: 0.9,
      train_auc: 0.95,
      val_auc: 0.98765,
    },
    gates: [
      {
        gate: 'val_auc at least 0.9',
        status: 'passed',
        saw: '0.98765',
        wanted: 'at least 0.9',
        message: 'val_auc is 0.98765',
      },
    ],
  };

  it('shows of a version first the metric that its gate looks at (walk, section 13)', async () => {
    answer = { status: 200, body: { items: [version] } };
    await runCommand('versions', 'churn');
    expect(seen[0].url).toContain('/api/ml-registry/v1/models/default/churn');
    expect(kept.out).toBe(
      'VERSION          STAGE    ALIASES  METRICS                                                               CREATED           BY\n' +
        'default/churn@2  staging  –        val_auc=0.9877 curve_train_log_loss=0.1000 curve_val_log_loss=0.2000  2026-11-20 10:00  user:default/ann\n',
    );
  });

  it('shows of what was found first the metrics that were asked for (walk, section 13)', async () => {
    answer = { status: 200, body: { items: [version] } };
    await runCommand(
      'search',
      "metrics.val_auc > 0.9 AND stage = 'staging'",
      '--order',
      'metrics.train_auc DESC',
    );
    const { searchParams } = new URL(seen[0].url ?? '', 'http://portal');
    expect(searchParams.get('filter')).toBe(
      "metrics.val_auc > 0.9 AND stage = 'staging'",
    );
    expect(kept.out).toContain(
      'default/churn@2  staging  group:default/credit  onnx     val_auc=0.9877 train_auc=0.9500 curve_',
    );
  });

  it('explains why a job waits, and what can be done', async () => {
    answer = {
      status: 200,
      body: {
        job: 'abc',
        state: 'queued',
        reason: 'WaitsForResources',
        message: 'Waits for room: it needs 4 cores, and 1 of 8 are free',
        owner: 'group:default/credit',
        queue: 'research',
        priority: 'standard',
        runtime: 'local-process',
        position: 2,
        waiting: 7,
        ahead: [{ id: 'x1', name: 'churn', owner: 'group:default/credit' }],
        othersAhead: 0,
        lacking: [
          { resource: 'cpu', needed: 4, total: 8, used: 7, held: 0, free: 1 },
          {
            ...{ resource: 'memory', needed: 2 ** 31, total: 2 ** 32 },
            ...{ used: 2 ** 31, held: 2 ** 30, free: 2 ** 30 },
          },
        ],
        uses: {},
        queueUses: {},
        quota: {},
        borrowed: {},
        month: [{ unit: 'gpuHours', used: 3, quota: 10, left: 7 }],
        canDo: ['Submit it with smaller resources'],
      },
    };
    await runCommand('jobs', 'explain', 'abc');
    expect(seen[0].url).toBe('/api/ml-jobs/v1/jobs/abc/explanation');
    expect(kept.out.split('\n')).toEqual([
      'Waits for room: it needs 4 cores, and 1 of 8 are free.',
      'State queued, queue research, priority standard, runtime local-process.',
      'Place 2 of 7.',
      'Ahead: x1 (churn, group:default/credit)',
      '',
      'RESOURCE  NEEDED  FREE  USED  HELD  TOTAL',
      'cpu       4       1     7     0     8',
      'memory    2Gi     1Gi   2Gi   1Gi   4Gi',
      '',
      'This month: 3 of 10 gpuHours, 7 left.',
      '',
      'Submit it with smaller resources.',
      '',
    ]);
  });

  it('gives programs JSON', async () => {
    answer = { status: 200, body: { items: [model] } };
    await runCommand('models', '--json');
    expect(JSON.parse(kept.out)).toMatchObject([{ name: 'churn' }]);
  });

  it('says when nothing matches, beside the output', async () => {
    answer = { status: 200, body: { items: [] } };
    await runCommand('models', '--query', 'nothing');
    expect([kept.out, kept.err]).toEqual(['', 'No model matches.\n']);
  });

  it('repeats what the server refused in its own words, and fails', async () => {
    answer = {
      status: 409,
      body: {
        error: { name: 'ConflictError', message: 'churn cannot go back' },
        response: { statusCode: 409 },
      },
    };
    await runCommand('rollback', 'churn', 'wrong scores', '--to', '2');
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/api/ml-registry/v1/models/default/churn/rollback',
    });
    expect(JSON.parse(seen[0].body)).toEqual({
      reason: 'wrong scores',
      toVersion: 2,
    });
    expect(kept.err).toContain('churn cannot go back');
    expect(process.exitCode).toBe(1);
  });

  it('names the stages it knows when it is given another', async () => {
    await runCommand('promote', 'churn@3', '--to', 'prod');
    expect(kept.err).toContain(
      "'prod' is not one of staging, candidate, production",
    );
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('does not call a portal with half of a sign-in', async () => {
    delete process.env.DOWNSTAGE_TOKEN;
    await runCommand('models');
    expect(kept.err).toContain('only DOWNSTAGE_URL is set');
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('puts the secret of a new token alone on standard output', async () => {
    answer = {
      status: 201,
      body: {
        secret: 'dst_secret',
        token: {
          id: 't1',
          name: 'nightly',
          kind: 'personal',
          owner: 'user:default/ann',
          actor: 'user:default/ann',
          scopes: ['track', 'register'],
          binding: { model: 'model:default/churn' },
          state: 'active',
          hint: 'dst_se',
          createdBy: 'user:default/ann',
          createdAt: '2026-11-20T10:00:00.000Z',
          expiresAt: '2027-02-18T10:00:00.000Z',
        },
      },
    };
    await runCommand(
      ...['token', 'create', 'nightly', '--model', 'churn'],
      ...['--scope', 'track', '--scope', 'register'],
    );
    expect(JSON.parse(seen[0].body)).toEqual({
      name: 'nightly',
      scopes: ['track', 'register'],
      binding: { model: 'model:default/churn' },
    });
    expect(kept.out).toBe('dst_secret\n');
    expect(kept.err).toContain(
      'nightly of user:default/ann lasts until 2027-02-18',
    );
  });

  it('makes no token that may do nothing', async () => {
    await runCommand('token', 'create', 'nightly');
    expect(kept.err).toContain('Say what the token may do');
    expect(seen).toEqual([]);
  });

  it('refuses a word too many, which would be left out of a reason', async () => {
    await runCommand('reject', 'p1', 'it', 'is', 'late');
    expect(kept.err).toContain("'is' is one word too many");
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('refuses what is not a number before it asks for anything', async () => {
    await runCommand('rollback', 'churn', 'late', '--to', 'two');
    expect(kept.err).toContain("'two' is not a number");
    expect(seen).toEqual([]);
  });

  it.each([
    ['DOWNSTAGE_URL', 'portal', /'portal', which is not an address/],
    ['DOWNSTAGE_URL', 'ftp://portal', /which is not an address/],
    ['DOWNSTAGE_TOKEN', 'dst_a\nb', /holds characters that no token has/],
  ])('says what is wrong with %s %j', async (name, value, reason) => {
    process.env[name] = value;
    await runCommand('models');
    expect(kept.err).toMatch(reason);
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('says where no portal answers, and where something else does', async () => {
    server.removeAllListeners('request');
    server.on('request', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    });
    await runCommand('models');
    expect(kept.err).toMatch(/answers with a page: it is not the address/);
    const { DOWNSTAGE_URL: url = '' } = process.env;
    await new Promise(resolve => server.close(resolve));
    await runCommand('models');
    expect(kept.err).toContain(`No portal answers at ${url} (`);
  });

  it('says so when the portal is of another version', async () => {
    answer = { status: 200, body: { items: [{ ...model, risk: 'new' }] } };
    await runCommand('models');
    expect(kept.err).toMatch(
      /^The portal answered what this version of downstage does not know \(items\.0\.risk: .*\)\. Use the version of the portal\n$/,
    );
    expect(process.exitCode).toBe(1);
  });

  it('says that it is the token when the portal does not take it', async () => {
    const error = { name: 'AuthenticationError', message: 'Illegal token' };
    answer = {
      status: 401,
      body: { error, response: { statusCode: 401 } },
    };
    await runCommand('models');
    expect(kept.err).toContain(
      'The portal does not take the token: Illegal token',
    );
  });

  it.each([
    ['ends with 1 when it is refused', ['promote', 'nothing'], 1, /Not a ver/],
    ['refuses flags it does not know', ['models', '--ouner=x'], 1, /--ouner/],
    [
      'ends with 2 for flags of jobs it does not know',
      ['jobs', 'list', '--x'],
      2,
      /--x/,
    ],
    ['ends with 2 for a job that is not named', ['jobs', 'get'], 2, /"job"/],
    ['ends with 0 for help', ['jobs', 'submit', '--help'], 0, /--no-wait/],
    [
      'checks a project without a portal',
      ['validate', '.'],
      2,
      /downstage init/,
    ],
    ['lists its commands when it is given none', [], 0, /rollback/],
    ['lists the commands of a group', ['token'], 0, /revoke/],
  ])('as a program it %s', async (_what, words, code, said) => {
    const program = join(__dirname, '../bin/downstage');
    const child = spawn(process.execPath, [program, ...words], {
      env: { ...process.env },
    });
    const [ended, ...texts] = await Promise.all([
      once(child, 'exit'),
      readText(child.stdout),
      readText(child.stderr),
    ]);
    expect(texts.join('')).toMatch(said);
    expect(ended[0]).toBe(code);
  });

  it('follows an import to its end and reports what was left out', async () => {
    const running = {
      id: 'i1',
      uri: 'https://mlflow.example.org/',
      state: 'running',
      phase: 'run',
      counts: [{ kind: 'run', found: 3, added: 2, known: 1, leftOut: 0 }],
      points: 10,
      files: 2,
      bytes: 100,
      stages: 'record',
      createdBy: 'user:default/dora',
      createdAt: '2026-11-20T10:00:00.000Z',
    };
    const answers = [
      running,
      running,
      {
        ...running,
        state: 'succeeded',
        phase: undefined,
        counts: [{ kind: 'run', found: 4, added: 2, known: 1, leftOut: 1 }],
      },
      {
        items: [{ kind: 'run', sourceId: 'r4', reason: 'its id is taken' }],
      },
    ];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      seen.push({ method: request.method, url: request.url, body: '' });
      request.resume();
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(answers.shift()));
    });
    await runCommand('import', 'https://mlflow.example.org', '--every', '0');
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/ml-registry/v1/imports',
      'GET /api/ml-registry/v1/imports/i1',
      'GET /api/ml-registry/v1/imports/i1',
      'GET /api/ml-registry/v1/imports/i1/omissions?limit=200',
    ]);
    expect(kept.out).toBe(
      'KIND  FOUND  ADDED  KNOWN  LEFT OUT\nrun   4      2      1      1\n',
    );
    expect(kept.err).toContain('left out: run r4: its id is taken');
    expect(process.exitCode).toBeUndefined();
  });
});
