import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { mockServices } from '@backstage/backend-test-utils';
import express from 'express';
import request from 'supertest';
import { parse } from 'yaml';

const root = join(__dirname, '../../..');
const { backend } = parse(readFileSync(join(root, 'app-config.yaml'), 'utf8'));

type Settings = NonNullable<
  NonNullable<Parameters<typeof mockServices.rootConfig>[0]>['data']
>;

/** What stands before every route of a portal with such a `backend`. */
function portalWith(settings: Settings) {
  const middleware = MiddlewareFactory.create({
    config: mockServices.rootConfig({ data: { backend: settings } }),
    logger: mockServices.logger.mock(),
  });
  const app = express();
  app.use(middleware.helmet(), middleware.cors(), middleware.rateLimit());
  app.use((_, response) => {
    response.json({});
  });
  return app;
}

describe('the configuration of the example portal', () => {
  it('lets no other page read the portal in the name of who is signed in (S6)', async () => {
    expect(backend.cors).toBeUndefined();
    const portal = portalWith(backend);
    for (const method of ['get', 'options'] as const) {
      const { headers } = await request(portal)
        [method]('/api/ml-registry/v1/models')
        .set('Origin', 'http://localhost:3000')
        .set('Access-Control-Request-Method', 'POST');
      expect(
        Object.keys(headers).filter(name => name.startsWith('access-control')),
      ).toEqual([]);
    }
  });

  it('lets its own pages talk to the portal alone (S11)', async () => {
    expect(backend.csp['connect-src']).toEqual(["'self'"]);
    const { headers } = await request(portalWith(backend)).get('/');
    const policy = headers['content-security-policy'].split(';');
    expect(policy).toContain("connect-src 'self'");
    expect(policy.join()).not.toContain('upgrade-insecure-requests');
  });
});

describe('the limit of requests that the documentation shows (S11)', () => {
  const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  const [, block = ''] =
    /```yaml\n(backend:\n(?: {2}.*\n)*? {2}rateLimit:[^]*?)```/.exec(page) ??
    [];
  const { rateLimit } = parse(block).backend;
  // One portal without Redis, asked from this machine.
  const here = { ...rateLimit, store: undefined };

  it('is the one that the portal keeps', async () => {
    const answer = await request(portalWith({ rateLimit: here })).get('/');
    expect(answer.headers['x-ratelimit-limit']).toBe(
      String(rateLimit.incomingRequestLimit),
    );
    const portal = portalWith({
      rateLimit: { ...here, incomingRequestLimit: 2 },
    });
    const statuses = [];
    for (let sent = 0; sent < 4; sent += 1) {
      statuses.push((await request(portal).get('/')).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it('gives a plugin no more than the whole portal has, which would be without effect', () => {
    for (const limit of Object.values<typeof rateLimit>(rateLimit.plugin)) {
      expect(limit.incomingRequestLimit).toBeLessThan(
        rateLimit.incomingRequestLimit,
      );
    }
  });

  it('counts who comes through a proxy on the same machine, which is left out otherwise', async () => {
    expect(rateLimit.ipAllowList).toEqual([]);
    const { ipAllowList, ...others } = here;
    const portal = portalWith({
      rateLimit: { ...others, incomingRequestLimit: 1 },
    });
    for (let sent = 0; sent < 3; sent += 1) {
      await request(portal).get('/').expect(200);
    }
  });
});
