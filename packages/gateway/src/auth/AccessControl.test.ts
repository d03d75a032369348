import { request as httpRequest } from 'node:http';
import { glob, readFile } from 'node:fs/promises';
import { ServiceUnavailableError } from '@backstage/errors';
import type {
  GatewayAccess,
  GatewayDesiredState,
} from '@downstage/plugin-ml-serving-common';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { adminRoutes } from '../routes/adminRoutes';
import { oipRoutes } from '../routes/oipRoutes';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  aRow,
  aState,
  aVersion,
  clientOf,
} from '../testUtils/gatewayFixture';
import type { AskPortal } from './askPortal';
import { RefusedError, UnauthenticatedError } from './errors';

/** As the routes of the protocol spell one model. */
const model = '/v2/models/([^/]+)(?:/versions/([^/]+))?';

const portal = {
  servingUrl: 'http://portal/api/ml-serving',
  authUrl: 'http://portal/api/auth',
};

/** A portal that knows some tokens, counts questions, and can be taken away. */
async function aPortal() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const other = await generateKeyPair('ES256');
  const state = {
    away: false,
    asked: [] as { token: string; endpoints: string[] }[],
    /** What each token may ask, by endpoint ref. */
    tokens: new Map<string, { actor: string; id?: string; may: string[] }>(),
    denied: new Set<string>(),
  };
  const sign = (key: typeof privateKey) => (person: string, endsAt: number) =>
    new SignJWT({})
      .setProtectedHeader({
        typ: 'vnd.backstage.user',
        alg: 'ES256',
        kid: 'one',
      })
      .setSubject(person)
      .setIssuedAt(endsAt - 3600)
      .setExpirationTime(endsAt)
      .sign(key);
  const ask: AskPortal = async ({ token, endpoints }) => {
    state.asked.push({ token, endpoints });
    if (state.away) throw new ServiceUnavailableError('The portal is away');
    const known = state.tokens.get(token);
    if (!known) {
      throw new UnauthenticatedError('This portal does not know the token', {
        invalidToken: true,
      });
    }
    if (state.denied.has(token)) {
      throw new RefusedError('ml.serving.predict needs predict');
    }
    return {
      actor: known.actor,
      ...(known.id && { token: { id: known.id, name: 'nightly' } }),
      decisions: endpoints.map(endpoint => ({
        endpoint,
        result: known.may.includes(endpoint) ? 'allow' : 'unknown',
      })),
    };
  };
  const fetchKeys = async () => {
    if (state.away) throw new Error('away');
    return {
      keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }],
    };
  };
  return {
    state,
    ask,
    fetchKeys,
    reset() {
      state.away = false;
      state.asked = [];
      state.tokens.clear();
      state.denied.clear();
    },
    sign: sign(privateKey),
    forge: sign(other.privateKey),
  };
}

describe('AccessControl', () => {
  let gateway: Gateway;
  let client: ReturnType<typeof clientOf>;
  let folder: ReturnType<typeof aGatewayFolder>;
  let people: Awaited<ReturnType<typeof aPortal>>;
  let now = Date.parse('2026-03-04T05:06:07Z');
  const nightly = `dst_${'a'.repeat(49)}`;
  const reader = `dst_${'b'.repeat(49)}`;

  const put = (
    access: Partial<GatewayAccess> = {},
    endpoint: Partial<GatewayDesiredState['endpoints'][number]> = {},
  ) => {
    const [tumour] = aState(1, [aVersion(1)]).endpoints;
    return client.put({
      access: { portal, ...access },
      endpoints: [{ ...tumour, ref: 'default/tumour', ...endpoint }],
    });
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const predict = (headers?: Record<string, string>) =>
    client.post('/v2/models/tumour/predict', { rows: [aRow] }, headers);
  /** A request whose headers are exactly these; `fetch` does not send all. */
  const raw = (
    method: string,
    path: string,
    headers: Record<string, string>,
    body = '',
  ) =>
    new Promise<{ status: number; headers: Record<string, unknown> }>(
      (done, reject) => {
        const sent = httpRequest(
          `${gateway.url}${path}`,
          { method, headers },
          answer => {
            answer.resume();
            answer.on('end', () =>
              done({ status: answer.statusCode!, headers: answer.headers }),
            );
          },
        );
        sent.on('error', reject);
        sent.end(body);
      },
    );

  beforeAll(async () => {
    people = await aPortal();
    folder = aGatewayFolder({ open: false });
    gateway = await startGateway(folder.config, {
      clock: () => new Date(now),
      askPortal: people.ask,
      fetchKeys: people.fetchKeys,
    });
    client = clientOf(gateway.url, folder.token);
    await put();
    await client.untilActive(1);
  });
  afterAll(async () => {
    await gateway.stop();
    folder.remove();
  });
  beforeEach(async () => {
    // A day later nothing that was remembered counts.
    now += 86_400_000;
    people.reset();
    people.state.tokens.set(nightly, {
      actor: 'service:diagnostics/nightly',
      id: 'k3v9',
      may: ['default/tumour'],
    });
    people.state.tokens.set(reader, {
      actor: 'user:default/ann',
      id: 'read',
      may: ['default/tumour'],
    });
    people.state.denied.add(reader);
    await put();
  });

  describe('who calls', () => {
    it.each([
      ['nobody', () => ({})],
      ['a token that nobody knows', () => bearer(`dst_${'c'.repeat(49)}`)],
      ['a token of nonsense', () => bearer('a.b.c')],
      ['a token of 9,000 characters', () => bearer('a'.repeat(9000))],
    ])('refuses %s with 401 in the shape of the protocol', async (_, of) => {
      const { status, body, headers } = await predict(of());
      expect(status).toBe(401);
      expect(body).toEqual({ error: expect.any(String) });
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('www-authenticate')).toMatch(
        /^Bearer realm="downstage"/,
      );
    });

    it('answers an access token with the scope, also as a password', async () => {
      expect((await predict(bearer(nightly))).status).toBe(200);
      const basic = Buffer.from(`token:${nightly}`).toString('base64');
      const { status } = await predict({ authorization: `Basic ${basic}` });
      expect(status).toBe(200);
    });

    it('refuses a token without the scope with 403', async () => {
      const { status, body, headers } = await predict(bearer(reader));
      expect(status).toBe(403);
      expect(body.error).toMatch(/needs predict/);
      expect(headers.get('www-authenticate')).toMatch(/insufficient_scope/);
    });

    it('checks tokens of people without asking the portal about false ones', async () => {
      const ann = await people.sign('user:default/ann', now / 1000 + 3600);
      people.state.tokens.set(ann, {
        actor: 'user:default/ann',
        may: ['default/tumour'],
      });
      expect((await predict(bearer(ann))).status).toBe(200);
      const asked = people.state.asked.length;
      const forged = await people.forge('user:default/ann', now / 1000 + 3600);
      expect((await predict(bearer(forged))).status).toBe(401);
      const old = await people.sign('user:default/ann', now / 1000 - 1);
      const expired = await predict(bearer(old));
      expect(expired.status).toBe(401);
      expect(expired.body.error).toMatch(/has expired/);
      expect(people.state.asked).toHaveLength(asked);
    });

    it('refuses a token of a person once it has ended, though it was known', async () => {
      const ann = await people.sign('user:default/ann', now / 1000 + 60);
      people.state.tokens.set(ann, {
        actor: 'user:default/ann',
        may: ['default/tumour'],
      });
      expect((await predict(bearer(ann))).status).toBe(200);
      now += 61_000;
      expect((await predict(bearer(ann))).status).toBe(401);
    });

    it('answers a model that the caller may not see like one that is not there', async () => {
      people.state.tokens.get(nightly)!.may = [];
      const hidden = await predict(bearer(nightly));
      const none = await client.post(
        '/v2/models/none/predict',
        { rows: [aRow] },
        bearer(nightly),
      );
      expect([hidden.status, none.status]).toEqual([404, 404]);
      expect(hidden.body.error.replace('tumour', 'none')).toBe(none.body.error);
    });

    it('lists the models that the caller may ask, and describes no other', async () => {
      const list = () =>
        client.request('/v2/models', { headers: bearer(nightly) });
      expect((await list()).body).toEqual({ models: ['tumour'] });
      people.state.tokens.get(nightly)!.may = [];
      now += 60_000;
      expect((await list()).body).toEqual({ models: [] });
      const described = await client.request('/v2/models/tumour', {
        headers: bearer(nightly),
      });
      expect(described.status).toBe(404);
      expect((await client.request('/v2/models')).status).toBe(401);
    });

    it.each(['/v2', '/v2/health/live', '/v2/health/ready', '/metrics'])(
      'leaves %s open, for load balancers and Prometheus',
      async path => {
        expect((await client.request(path)).status).toBe(200);
      },
    );

    it('believes the portal about who asks, and nobody else', async () => {
      const headers = {
        'x-downstage-caller': encodeURIComponent(
          JSON.stringify({ actor: 'user:default/eve' }),
        ),
      };
      expect((await predict(headers)).status).toBe(401);
      const asPortal = { ...headers, ...bearer(folder.token) };
      expect((await predict(asPortal)).status).toBe(200);
      await predict({ ...headers, ...bearer(nightly) });
      let log = '';
      const rows = async () => {
        log = '';
        for await (const file of glob(`${folder.logDir}/**/*.ndjson`)) {
          log += await readFile(file, 'utf8');
        }
        return log
          .split('\n')
          .filter(Boolean)
          .map(row => JSON.parse(row))
          .filter(({ at }) => Date.parse(at) === now)
          .map(({ caller, token }) => [caller, token]);
      };
      while ((await rows()).length < 2) await new Promise(setImmediate);
      expect(await rows()).toEqual([
        ['user:default/eve', undefined],
        ['service:diagnostics/nightly', 'k3v9'],
      ]);
      expect(log).not.toContain(nightly);
      expect(log).not.toContain(folder.token);
    });
  });

  it('counts in the metrics whom it did not let in, by the answer', async () => {
    const refused = async () => {
      const { body } = await client.request('/metrics');
      return [401, 403].map(code =>
        Number(
          new RegExp(`refused_total\\{code="${code}"\\} (\\d+)`).exec(
            body,
          )?.[1] ?? 0,
        ),
      );
    };
    const [before401, before403] = await refused();
    expect((await predict()).status).toBe(401);
    expect((await predict(bearer(reader))).status).toBe(403);
    expect((await predict(bearer(reader))).status).toBe(403);
    expect((await predict(bearer(nightly))).status).toBe(200);
    expect(await refused()).toEqual([before401 + 1, before403 + 2]);
  });

  describe('public endpoints', () => {
    it('answer without a token, and count one that is sent', async () => {
      await put({}, { public: true });
      expect((await predict()).status).toBe(200);
      expect((await predict(bearer(nightly))).status).toBe(200);
      expect((await client.request('/v2/models')).status).toBe(401);
      const wrong = await predict(bearer(`dst_${'c'.repeat(49)}`));
      expect(wrong.status).toBe(401);
    });

    it('answer while the portal is away', async () => {
      await put({}, { public: true });
      people.state.away = true;
      expect((await predict(bearer(nightly))).status).toBe(200);
    });
  });

  describe('while time passes', () => {
    it('asks the portal once in five seconds, however many requests come', async () => {
      await Promise.all(
        Array.from({ length: 20 }, () => predict(bearer(nightly))),
      );
      await predict(bearer(nightly));
      expect(people.state.asked).toEqual([
        { token: nightly, endpoints: ['default/tumour'] },
      ]);
    });

    it('refuses a revoked token with the request after the one that found out', async () => {
      await predict(bearer(nightly));
      people.state.tokens.delete(nightly);
      now += 5_001;
      expect((await predict(bearer(nightly))).status).toBe(200);
      expect((await predict(bearer(nightly))).status).toBe(401);
    });

    it('refuses a revoked token that was quiet for thirty seconds at once', async () => {
      await predict(bearer(nightly));
      people.state.tokens.delete(nightly);
      now += 30_001;
      expect((await predict(bearer(nightly))).status).toBe(401);
    });

    it('lets in at once who has just been given the scope, after five seconds', async () => {
      expect((await predict(bearer(reader))).status).toBe(403);
      people.state.denied.clear();
      now += 5_001;
      expect((await predict(bearer(reader))).status).toBe(200);
    });

    it('goes on with callers it knows for the grace period while the portal is away, and answers others 503', async () => {
      await predict(bearer(nightly));
      people.state.away = true;
      now += 3_599_000;
      expect((await predict(bearer(nightly))).status).toBe(200);
      const stranger = await predict(bearer(`dst_${'d'.repeat(49)}`));
      expect(stranger.status).toBe(503);
      expect(stranger.headers.get('retry-after')).toBe('1');
      now += 2_000;
      expect((await predict(bearer(nightly))).status).toBe(503);
      people.state.away = false;
      expect((await predict(bearer(nightly))).status).toBe(200);
    });

    it('checks tokens of people by the last keys while the portal is away', async () => {
      const ann = await people.sign('user:default/ann', now / 1000 + 3600);
      people.state.tokens.set(ann, {
        actor: 'user:default/ann',
        may: ['default/tumour'],
      });
      await predict(bearer(ann));
      people.state.away = true;
      now += 600_000;
      const next = await people.sign('user:default/ann', now / 1000 + 3600);
      expect((await predict(bearer(next))).status).toBe(200);
      const forged = await people.forge('user:default/ann', now / 1000 + 3600);
      expect((await predict(bearer(forged))).status).toBe(401);
    });

    it('answers nobody before a portal has said whom', async () => {
      await client.put(aState(1, [aVersion(1)]));
      expect((await predict(bearer(nightly))).status).toBe(503);
      expect((await predict()).status).toBe(401);
    });
  });

  describe('web pages', () => {
    it.each([
      'text/plain',
      'text/plain;charset=UTF-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ])('refuses %s, which a page may send anywhere', async type => {
      await put({}, { public: true });
      const { status, body } = await predict({ 'content-type': type });
      expect(status).toBe(415);
      expect(body.error).toMatch(/send application\/json/);
    });

    it.each([
      [undefined],
      ['application/json; charset=utf-8'],
      ['application/octet-stream'],
    ])('takes the content type %s, as clients send it', async type => {
      const { status } = await raw(
        'POST',
        '/v2/models/tumour/predict',
        { ...bearer(nightly), ...(type && { 'content-type': type }) },
        JSON.stringify({ rows: [aRow] }),
      );
      expect(status).toBe(200);
    });

    it.each([
      [{ origin: 'https://evil.example' }],
      [{ origin: 'null' }],
      [{ 'sec-fetch-site': 'cross-site' }],
    ])('refuses a page that sends %j', async headers => {
      await put({}, { public: true });
      const page = { ...headers, ...bearer(nightly) };
      expect((await raw('GET', '/v2/models/tumour', page)).status).toBe(403);
      expect((await raw('GET', '/metrics', page)).status).toBe(403);
      const asked = await raw('OPTIONS', '/v2/models/tumour/infer', headers);
      expect(asked.headers).not.toHaveProperty('access-control-allow-origin');
    });

    it('answers pages of the origins that the configuration names', async () => {
      await put({ origins: ['https://app.example'] });
      const page = { origin: 'https://app.example' };
      const asked = await raw('OPTIONS', '/v2/models/tumour/infer', page);
      expect(asked.status).toBe(204);
      expect(asked.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-expose-headers':
          'inference-header-content-length, retry-after, www-authenticate, x-prediction-id',
        vary: 'Origin',
      });
      const { status, headers } = await raw('GET', '/v2/models/tumour', {
        ...page,
        ...bearer(nightly),
      });
      expect(status).toBe(200);
      expect(headers['access-control-allow-origin']).toBe(
        'https://app.example',
      );
    });

    it.each([
      ['evil.example', 421],
      ['localhost.evil.example:7008', 421],
      ['models.example.com', 200],
      ['MODELS.example.com:7008', 200],
      ['localhost:7008', 200],
      ['gateway.localhost', 200],
      ['10.1.2.3:7008', 200],
      ['[::1]:7008', 200],
    ])('called by the name %s it answers %s', async (host, status) => {
      await put({ hosts: ['https://models.example.com'] });
      const headers = { host, ...bearer(nightly) };
      expect((await raw('GET', '/v2/models/tumour', headers)).status).toBe(
        status,
      );
      expect((await raw('GET', '/metrics', headers)).status).toBe(status);
    });
  });

  describe('limits', () => {
    it('answers 429 to a caller above its rate, says when to come again, and leaves others alone', async () => {
      people.state.denied.clear();
      await put({
        limits: { caller: { perSecond: 0.5, burst: 2 }, endpoint: {} },
      });
      const statuses = [];
      for (let turn = 0; turn < 3; turn++) {
        statuses.push(await predict(bearer(nightly)));
      }
      expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(statuses[2].headers.get('retry-after')).toBe('2');
      expect(statuses[2].body).toEqual({
        error: expect.stringMatching(/requests a second/),
      });
      expect((await predict(bearer(reader))).status).toBe(200);
      now += 2_000;
      expect((await predict(bearer(nightly))).status).toBe(200);
    });

    it('answers 429 above the requests that may be under way, and again once they are answered', async () => {
      await put({ limits: { caller: {}, endpoint: { concurrent: 1 } } });
      await predict(bearer(nightly));
      const slow = httpRequest(`${gateway.url}/v2/models/tumour/predict`, {
        method: 'POST',
        headers: { ...bearer(nightly), 'content-type': 'application/json' },
      });
      slow.on('error', () => {});
      slow.write('{');
      const until = async (wanted: number) => {
        while ((await predict(bearer(nightly))).status !== wanted) {
          await new Promise(setImmediate);
        }
      };
      await until(429);
      slow.destroy();
      await until(200);
      expect((await predict(bearer(nightly))).status).toBe(200);
    });

    it('does not ask the portal about ever new tokens of one address for long', async () => {
      const statuses = new Set<number>();
      for (let turn = 0; turn < 210; turn++) {
        const token = `dst_${String(turn).padStart(49, '0')}`;
        statuses.add((await predict(bearer(token))).status);
      }
      expect(statuses).toEqual(new Set([401, 429]));
      expect(people.state.asked.length).toBeLessThanOrEqual(200);
    });
  });

  describe('every route', () => {
    /** What a route is for: `open` to all, what `callers` may list, one `model`, or the `portal` alone. */
    type For = 'open' | 'callers' | 'model' | 'portal';
    /** One row a route. A route without a row fails, so that next year's route is in it. */
    const table: Record<string, [For, string]> = {
      '^/v2$ GET': ['open', '/v2'],
      '^/v2/health/live$ GET': ['open', '/v2/health/live'],
      '^/v2/health/ready$ GET': ['open', '/v2/health/ready'],
      '^/metrics$ GET': ['open', '/metrics'],
      '^/v2/models$ GET': ['callers', '/v2/models'],
      '^/v2/models/stats$ GET': ['callers', '/v2/models/stats'],
      '^/v2/repository/index$ POST': ['callers', '/v2/repository/index'],
      [`^${model}/ready$ GET`]: ['model', '/v2/models/tumour/ready'],
      [`^${model}/config$ GET`]: ['model', '/v2/models/tumour/config'],
      [`^${model}/stats$ GET`]: ['model', '/v2/models/tumour/stats'],
      [`^${model}$ GET`]: ['model', '/v2/models/tumour'],
      [`^${model}/infer$ POST`]: ['model', '/v2/models/tumour/infer'],
      [`^${model}/predict$ POST`]: ['model', '/v2/models/tumour/predict'],
      '^/admin/v1/state$ GET': ['portal', '/admin/v1/state'],
      '^/admin/v1/state$ PUT': ['portal', '/admin/v1/state'],
      '^/admin/v1/stats$ GET': ['portal', '/admin/v1/stats'],
      '^/admin/v1/predictions/roll$ POST': [
        'portal',
        '/admin/v1/predictions/roll',
      ],
    };

    /** The status of every route, by what it is for. */
    async function statuses(token?: string) {
      const found = {
        ...{ open: new Set<number>(), callers: new Set<number>() },
        ...{ model: new Set<number>(), portal: new Set<number>() },
      };
      for (const [route, [kind, path]] of Object.entries(table)) {
        const method = route.split(' ')[1];
        const { status } = await client.request(path, {
          method,
          headers: {
            ...(token && bearer(token)),
            ...(method !== 'GET' && { 'content-type': 'application/json' }),
          },
          ...(method !== 'GET' && { body: '{}' }),
        });
        found[kind].add(status);
      }
      return Object.fromEntries(
        Object.entries(found).map(([kind, all]) => [kind, [...all]]),
      );
    }

    it('stands in the table', () => {
      const nothing: never = new Proxy(() => undefined, {
        get: () => nothing,
      }) as never;
      const routes = [
        ...oipRoutes({ version: '1', host: nothing, inference: nothing }),
        ...adminRoutes({ ...(nothing as object), token: 'x' } as never),
      ].flatMap(({ path, methods }) =>
        Object.keys(methods).map(
          method => `${path.source.replaceAll('\\/', '/')} ${method}`,
        ),
      );
      const readable = (route: string) => route.replaceAll('\\/', '/');
      expect(routes.sort()).toEqual(Object.keys(table).map(readable).sort());
    });

    it.each([
      ['nobody', undefined],
      ['a token that nobody knows', `dst_${'c'.repeat(49)}`],
    ])('that is not open refuses %s with 401', async (_, token) => {
      expect(await statuses(token)).toEqual({
        open: [200],
        callers: [401],
        model: [401],
        portal: [401],
      });
    });

    it('refuses a token of a person that has ended with 401', async () => {
      const ended = await people.sign('user:default/ann', now / 1000 - 1);
      expect(await statuses(ended)).toMatchObject({
        callers: [401],
        model: [401],
        portal: [401],
      });
    });

    it('refuses a token without the scope, lists nothing to it, and is no admin API', async () => {
      expect(await statuses(reader)).toMatchObject({
        callers: [403],
        model: [403],
        portal: [401],
      });
    });

    it('answers a token of another model as if there were no model', async () => {
      people.state.tokens.get(nightly)!.may = [];
      expect(await statuses(nightly)).toEqual({
        open: [200],
        callers: [200],
        model: [404],
        portal: [401],
      });
      const { body } = await client.request('/v2/models', {
        headers: bearer(nightly),
      });
      expect(body).toEqual({ models: [] });
    });
  });
});
