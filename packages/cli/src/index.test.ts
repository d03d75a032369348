import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { commands } from './index';

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
  let out: string;
  let err: string;
  const before = { ...process.env };

  beforeEach(async () => {
    seen = [];
    out = '';
    err = '';
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
    jest.spyOn(process.stdout, 'write').mockImplementation(text => {
      out += text;
      return true;
    });
    jest.spyOn(process.stderr, 'write').mockImplementation(text => {
      err += text;
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.env = { ...before };
    process.exitCode = undefined;
    await new Promise(resolve => server.close(resolve));
  });

  async function downstage(...words: string[]) {
    const found = commands.find(({ path }) =>
      path.every((word, at) => word === words[at]),
    );
    if (!found || typeof found.execute !== 'function') {
      throw new Error(`No command ${words.join(' ')}`);
    }
    await found.execute({
      args: words.slice(found.path.length),
      info: {
        usage: `downstage ${found.path.join(' ')}`,
        name: found.path.join(' '),
      },
    });
  }

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

  it('lists models in the name of the token, as a table', async () => {
    answer = { status: 200, body: { items: [model] } };
    await downstage('models');
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/api/ml-registry/v1/models?limit=500',
      authorization: 'Bearer secret-of-ann',
    });
    expect(out).toBe(
      'MODEL  OWNER                 PRODUCTION  CANDIDATE  VERSIONS\n' +
        'churn  group:default/credit  –           –          3\n',
    );
  });

  it('gives programs JSON', async () => {
    answer = { status: 200, body: { items: [model] } };
    await downstage('models', '--json');
    expect(JSON.parse(out)).toMatchObject([{ name: 'churn' }]);
  });

  it('says when nothing matches, beside the output', async () => {
    answer = { status: 200, body: { items: [] } };
    await downstage('models', '--query', 'nothing');
    expect([out, err]).toEqual(['', 'No model matches.\n']);
  });

  it('repeats what the server refused in its own words, and fails', async () => {
    answer = {
      status: 409,
      body: {
        error: { name: 'ConflictError', message: 'churn cannot go back' },
        response: { statusCode: 409 },
      },
    };
    await downstage('rollback', 'churn', 'wrong scores', '--to', '2');
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/api/ml-registry/v1/models/default/churn/rollback',
    });
    expect(JSON.parse(seen[0].body)).toEqual({
      reason: 'wrong scores',
      toVersion: 2,
    });
    expect(err).toContain('churn cannot go back');
    expect(process.exitCode).toBe(1);
  });

  it('names the stages it knows when it is given another', async () => {
    await downstage('promote', 'churn@3', '--to', 'prod');
    expect(err).toContain(
      "'prod' is not one of staging, candidate, production",
    );
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('does not call a portal with half of a sign-in', async () => {
    delete process.env.DOWNSTAGE_TOKEN;
    await downstage('models');
    expect(err).toContain('only DOWNSTAGE_URL is set');
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
    await downstage(
      ...['token', 'create', 'nightly', '--model', 'churn'],
      ...['--scope', 'track', '--scope', 'register'],
    );
    expect(JSON.parse(seen[0].body)).toEqual({
      name: 'nightly',
      scopes: ['track', 'register'],
      binding: { model: 'model:default/churn' },
    });
    expect(out).toBe('dst_secret\n');
    expect(err).toContain('nightly of user:default/ann lasts until 2027-02-18');
  });

  it('makes no token that may do nothing', async () => {
    await downstage('token', 'create', 'nightly');
    expect(err).toContain('Say what the token may do');
    expect(seen).toEqual([]);
  });

  it('refuses a word too many, which would be left out of a reason', async () => {
    await downstage('reject', 'p1', 'it', 'is', 'late');
    expect(err).toContain("'is' is one word too many");
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('refuses what is not a number before it asks for anything', async () => {
    await downstage('rollback', 'churn', 'late', '--to', 'two');
    expect(err).toContain("'two' is not a number");
    expect(seen).toEqual([]);
  });

  it.each([
    ['DOWNSTAGE_URL', 'portal', /'portal', which is not an address/],
    ['DOWNSTAGE_URL', 'ftp://portal', /which is not an address/],
    ['DOWNSTAGE_TOKEN', 'dst_a\nb', /holds characters that no token has/],
  ])('says what is wrong with %s %j', async (name, value, reason) => {
    process.env[name] = value;
    await downstage('models');
    expect(err).toMatch(reason);
    expect(seen).toEqual([]);
    expect(process.exitCode).toBe(1);
  });

  it('says where no portal answers, and where something else does', async () => {
    server.removeAllListeners('request');
    server.on('request', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    });
    await downstage('models');
    expect(err).toMatch(/answers with a page: it is not the address/);
    const { DOWNSTAGE_URL: url = '' } = process.env;
    await new Promise(resolve => server.close(resolve));
    await downstage('models');
    expect(err).toContain(`No portal answers at ${url} (`);
  });

  it('says that it is the token when the portal does not take it', async () => {
    const error = { name: 'AuthenticationError', message: 'Illegal token' };
    answer = {
      status: 401,
      body: { error, response: { statusCode: 401 } },
    };
    await downstage('models');
    expect(err).toContain('The portal does not take the token: Illegal token');
  });

  it.each([
    ['ends with 1 when it is refused', ['promote', 'nothing'], 1, /Not a ver/],
    ['refuses flags it does not know', ['models', '--ouner=x'], 1, /--ouner/],
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
    await downstage('import', 'https://mlflow.example.org', '--every', '0');
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/ml-registry/v1/imports',
      'GET /api/ml-registry/v1/imports/i1',
      'GET /api/ml-registry/v1/imports/i1',
      'GET /api/ml-registry/v1/imports/i1/omissions?limit=200',
    ]);
    expect(out).toBe(
      'KIND  FOUND  ADDED  KNOWN  LEFT OUT\nrun   4      2      1      1\n',
    );
    expect(err).toContain('left out: run r4: its id is taken');
    expect(process.exitCode).toBeUndefined();
  });
});
