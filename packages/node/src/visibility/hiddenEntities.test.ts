import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { meets } from '../authorization/facts';
import { callerOf } from '../caller/caller';
import { formatTokenSubject } from '../caller/tokenSubject';
import { HiddenEntities } from './hiddenEntities';

describe('what the catalog hides from a token', () => {
  const names = ['shown', 'other', 'third'];
  const asked: string[][] = [];
  /** Answers as the permission framework does: what is not there meets nothing. */
  const server = createServer(async (request, response) => {
    const { items } = JSON.parse(await text(request));
    const refs: string[] = items[0].resourceRef;
    asked.push(refs);
    const result = refs.map(ref => (/shown/.test(ref) ? 'ALLOW' : 'DENY'));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items: [{ id: 'kept', result }] }));
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => new Promise(done => server.close(done)));
  beforeEach(() => asked.splice(0));

  function start(models = names) {
    const catalog = catalogServiceMock({
      entities: models.map(name => ({
        apiVersion: 'downstage.dev/v1alpha1',
        kind: 'Model',
        metadata: { name, namespace: 'default' },
      })),
    });
    const looks = jest.spyOn(catalog, 'getEntitiesByRefs');
    const { port } = server.address() as AddressInfo;
    const hidden = new HiddenEntities({
      clock: () => new Date(),
      auth: mockServices.auth(),
      catalog,
      discovery: mockServices.discovery.mock({
        getBaseUrl: async () => `http://127.0.0.1:${port}`,
      }),
      permissions: mockServices.permissions.mock(),
    });
    const subject = formatTokenSubject({
      actor: 'user:default/ann',
      tokenId: 'k3v9',
      tokenName: 'nightly',
      scopes: ['read'],
      groups: ['group:default/a'],
      rights: { reads: { 'catalog.entity.read': 'own' } },
    });
    return {
      hidden,
      caller: callerOf(mockCredentials.service(subject)),
      /** The refs of each question which of them there are. */
      looked: () =>
        looks.mock.calls.map(([{ entityRefs }]) => entityRefs.length),
    };
  }
  const refs = [...names, 'gone'].map(name => `model:default/${name}`);

  it('is asked for once, and only what is not shown is looked for', async () => {
    const { hidden, caller, looked } = start();
    expect(await hidden.among(refs, caller)).toEqual(
      new Set(['model:default/other', 'model:default/third']),
    );
    expect(asked).toHaveLength(1);
    expect(looked()).toEqual([3]);
  });

  it('is not looked for where all are known to be there', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) =>
      n % 2 ? `shown-${n}` : `other-${n}`,
    );
    const { hidden, caller, looked } = start(many);
    expect((await hidden.models(caller)).size).toBe(600);
    expect(asked.map(({ length }) => length)).toEqual([500, 500, 200]);
    expect(looked()).toEqual([]);
  });
});

describe('what the catalog hides from a person, of many models', () => {
  const models = Array.from({ length: 600 }, (_, n) => ({
    apiVersion: 'downstage.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: `M-${n}`, namespace: n % 2 ? 'default' : 'Credit' },
  }));
  const refs = models.map(
    ({ metadata }) => `model:${metadata.namespace}/${metadata.name}`,
  );

  function start() {
    let now = Date.parse('2026-11-30T00:00:00Z');
    let shown = models.slice(0, 200);
    const seenBy = (options?: object) =>
      catalogServiceMock({
        entities: JSON.stringify(options).includes('"type":"service"')
          ? models
          : shown,
      });
    const catalog = catalogServiceMock.mock();
    catalog.getEntityFacets.mockImplementation((request, options) =>
      seenBy(options).getEntityFacets(request, options),
    );
    catalog.getEntitiesByRefs.mockImplementation((request, options) =>
      seenBy(options).getEntitiesByRefs(request, options),
    );
    const hidden = new HiddenEntities({
      auth: mockServices.auth(),
      catalog,
      discovery: mockServices.discovery.mock(),
      permissions: mockServices.permissions.mock({
        authorizeConditional: async () => [{ result: 'DENY' }] as never,
      }),
      clock: () => new Date(now),
    });
    return {
      hidden,
      caller: callerOf(mockCredentials.user('user:default/ann')),
      passes: (ms: number) => {
        now += ms;
      },
      shows: (count: number) => {
        shown = models.slice(0, count);
      },
      counted: () => catalog.getEntityFacets.mock.calls.length,
      looked: () => catalog.getEntitiesByRefs.mock.calls.length,
    };
  }

  it('is known as a whole: the catalog is not asked about each, nor again for the next list', async () => {
    const { hidden, caller, counted, looked } = start();
    const seen = await hidden.visible(refs, ref => ref, caller);
    expect(seen).toEqual(refs.slice(0, 200));
    // Namespaces, and in both of them all names and those that the person sees.
    expect(counted()).toBe(5);
    const most = refs.slice(0, 500);
    expect((await hidden.among(most, caller)).size).toBe(300);
    expect((await hidden.models(caller)).size).toBe(400);
    expect([counted(), looked()]).toEqual([5, 0]);
  });

  it('narrows a list besides what the policy allows', async () => {
    const { hidden, caller } = start();
    const isOurs = { fact: 'owner' as const, values: ['group:default/a'] };
    const narrowed = await hidden.narrowed(isOurs, caller);
    const model = (name: string) => ({ owner: 'group:default/a', model: name });
    expect(meets(model('model:credit/m-0'), narrowed!)).toBe(true);
    expect(meets(model('model:credit/m-200'), narrowed!)).toBe(false);
    expect(meets({ model: 'model:credit/m-0' }, narrowed!)).toBe(false);
    const plugin = callerOf(mockCredentials.service('plugin:ml-jobs'));
    expect(await hidden.narrowed(isOurs, plugin)).toBe(isOurs);
  });

  it('is asked for one by one on a page, and counts there at once', async () => {
    const { hidden, caller, shows, counted } = start();
    const page = refs.slice(190, 210);
    expect((await hidden.among(page, caller)).size).toBe(10);
    shows(195);
    expect((await hidden.among(page, caller)).size).toBe(15);
    expect(counted()).toBe(0);
  });

  it('counts thirty seconds at most, and is asked for again before', async () => {
    const { hidden, caller, shows, passes, counted } = start();
    const size = async () => (await hidden.models(caller)).size;
    expect(await size()).toBe(400);
    shows(100);
    passes(9_000);
    expect(await size()).toBe(400);
    expect(counted()).toBe(5);
    passes(1_000);
    expect(await size()).toBe(400);
    passes(20_000);
    expect(await size()).toBe(500);
    expect(counted()).toBe(10);
  });
});
