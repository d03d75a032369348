import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createServiceFactory } from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { actionsRegistryServiceMock } from '@backstage/backend-test-utils/alpha';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  isPermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import { TokenScopes } from '@downstage/common';
import {
  Authorizer,
  callerOf,
  formatTokenSubject,
  tokenScopesServiceRef,
} from '@downstage/node';
import {
  describeDenyAll,
  membersOf,
  policyOf,
} from '@downstage/node/testUtils';
import {
  mlTokensContract,
  mlTokensCreatePermission,
  mlTokensReadPermission,
} from '@downstage/plugin-ml-tokens-common';
import {
  createMlTokenConditionalDecision,
  mlTokenConditions,
} from '@downstage/plugin-ml-tokens-node';
import {
  mlDataReadPermission,
  mlDataTokenScopes,
} from '@downstage/plugin-ml-data-common';
import { mlJobsTokenScopes } from '@downstage/plugin-ml-jobs-common';
import { mlMonitoringTokenScopes } from '@downstage/plugin-ml-monitoring-common';
import {
  mlRegistryReadPermission,
  mlRegistryTokenScopes,
} from '@downstage/plugin-ml-registry-common';
import { mlServingTokenScopes } from '@downstage/plugin-ml-serving-common';
import request from 'supertest';
import mlTokens from './index';

jest.setTimeout(60_000);
const allScopes = [
  mlRegistryTokenScopes,
  mlJobsTokenScopes,
  mlDataTokenScopes,
  mlServingTokenScopes,
  mlMonitoringTokenScopes,
];
const diagnostics = 'group:default/diagnostics';
const groups: Record<string, string[]> = {
  'user:default/ann': [diagnostics],
  'user:default/ben': [diagnostics],
  'user:default/cleo': ['group:default/credit'],
  'user:default/dora': ['group:default/platform'],
};
const entity = (
  kind: string,
  name: string,
  relations: { type: string; targetRef: string }[] = [],
) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: {},
  relations,
});
const entities = [
  entity('Model', 'churn', [{ type: 'ownedBy', targetRef: diagnostics }]),
  entity('Model', 'fraud', [
    { type: 'ownedBy', targetRef: 'group:default/credit' },
  ]),
];

function features(
  options: {
    denied?: string[];
    actions?: ReturnType<typeof actionsRegistryServiceMock>;
    tokenScopes?: TokenScopes;
  } = {},
) {
  const actions = options.actions ?? actionsRegistryServiceMock();
  return [
    mlTokens,
    createServiceFactory({
      service: tokenScopesServiceRef,
      deps: {},
      factory: () => options.tokenScopes ?? new TokenScopes(allScopes),
    }),
    catalogServiceMock.factory({ entities }),
    mockServices.rootConfig.factory({
      data: {
        downstage: { administrators: ['group:default/platform'] },
        mlTokens: { maxDays: 200 },
        backend: {
          auth: { externalAccess: [{ type: 'downstage', options: {} }] },
        },
      },
    }),
    membersOf(groups),
    createServiceFactory({
      service: actionsRegistryServiceRef,
      deps: {},
      factory: () => actions,
    }),
  ];
}

const as = (name: string) =>
  mockCredentials.user.header(`user:default/${name}`);

/** Changes of endpoints are denied, and reading models is allowed for some of them only. */
function decisionAbout(name: string): PolicyDecision {
  if (name === 'ml.serving.change') return { result: AuthorizeResult.DENY };
  if (name !== 'ml.registry.read') return { result: AuthorizeResult.ALLOW };
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'ml-registry',
    resourceType: 'ml-model',
    conditions: { rule: 'IS_OWNER', resourceType: 'ml-model', params: {} },
  };
}

describe('ml-tokens', () => {
  const actions = actionsRegistryServiceMock();
  const audit = mockServices.auditor.mock();
  const entries: { eventId: string; meta: unknown }[] = [];
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  beforeAll(async () => {
    audit.createEvent.mockImplementation(async event => {
      entries.push({ eventId: event.eventId, meta: event.meta });
      return { success: async () => {}, fail: async () => {} };
    });
    backend = await startTestBackend({
      features: [
        ...features({ actions }),
        audit.factory,
        mockServices.permissions.mock({
          authorize: async asked =>
            asked.map(() => ({ result: AuthorizeResult.ALLOW })),
          authorizeConditional: async asked =>
            asked.map(({ permission }) => decisionAbout(permission.name)),
        }).factory,
      ],
    });
  });
  afterAll(() => backend.stop());

  const create = (person: string, body: object) =>
    request(backend.server)
      .post('/api/ml-tokens/v1/tokens')
      .set('authorization', as(person))
      .send(body);
  const list = (person: string, query = '') =>
    request(backend.server)
      .get(`/api/ml-tokens/v1/tokens${query}`)
      .set('authorization', as(person));

  it('makes a personal token, shows its secret once, and lists it without', async () => {
    const { status, body, headers } = await create('ann', {
      name: 'notebook',
      scopes: ['track', 'track', 'register'],
    });
    expect(status).toBe(201);
    expect(headers['cache-control']).toBe('no-store');
    expect(body.token).toMatchObject({
      name: 'notebook',
      kind: 'personal',
      owner: 'user:default/ann',
      actor: 'user:default/ann',
      scopes: ['track', 'register'],
      state: 'active',
      hint: body.secret.slice(0, 8),
    });
    const days =
      (Date.parse(body.token.expiresAt) - Date.parse(body.token.createdAt)) /
      86_400_000;
    expect(days).toBe(90);
    const listed = await list('ann');
    expect(listed.body.items).toEqual([body.token]);
    expect(listed.body.options).toEqual({ defaultDays: 90, maxDays: 200 });
    expect(JSON.stringify(entries)).not.toContain(body.secret);
    expect(entries.at(-1)).toMatchObject({
      eventId: 'token-create',
      meta: {
        actor: 'user:default/ann',
        name: 'notebook',
        scopes: ['track', 'register'],
      },
    });
    const again = await create('ann', { name: 'notebook', scopes: ['read'] });
    expect(again.status).toBe(409);
  });

  it('makes a token under a conditional policy, and keeps what the conditions are about', async () => {
    const made = await create('eve', { name: 'some', scopes: ['read'] });
    expect(made.status).toBe(201);
    expect(made.body.token.conditional).toEqual(['ml.registry.read']);
    expect(made.body.token.permissions).toContain('ml.registry.read');
    const other = await create('eve', { name: 'all', scopes: ['predict'] });
    expect(other.body.token).not.toHaveProperty('conditional');
  });

  it('makes a service token that all members of its group see and may revoke', async () => {
    const made = await create('ann', {
      name: 'nightly',
      scopes: ['train'],
      group: diagnostics,
      binding: { model: 'model:default/churn' },
    });
    expect(made.body.token).toMatchObject({
      kind: 'service',
      owner: diagnostics,
      actor: 'service:diagnostics/nightly',
      createdBy: 'user:default/ann',
    });
    const { id } = made.body.token;
    const seen = await list('ben');
    expect(seen.body.items.map((item: { id: string }) => item.id)).toEqual([
      id,
    ]);
    expect((await list('cleo')).body.items).toEqual([]);
    const revoke = (person: string) =>
      request(backend.server)
        .post(`/api/ml-tokens/v1/tokens/${id}/revoke`)
        .set('authorization', as(person));
    expect((await revoke('cleo')).status).toBe(403);
    const revoked = await revoke('ben');
    expect(revoked.body).toMatchObject({
      state: 'revoked',
      revokedBy: 'user:default/ben',
    });
    expect((await revoke('ann')).body).toEqual(revoked.body);
  });

  it('lets administrators see and end the tokens of anybody, and nobody else', async () => {
    const query = '?owner=user:default/ann';
    expect((await list('cleo', query)).status).toBe(403);
    const { body } = await list('dora', query);
    expect(body.items).toMatchObject([{ name: 'notebook' }]);
  });

  it.each([
    [
      'a group of others',
      { group: 'group:default/credit' },
      403,
      /not a member of group:default\/credit/,
    ],
    [
      'a binding to a group of others',
      { binding: { group: 'group:default/credit' } },
      403,
      /not a member/,
    ],
    [
      'a model of others',
      { binding: { model: 'model:default/fraud' } },
      403,
      /belongs to group:default\/credit/,
    ],
    [
      'a limit that stands under a name of its own, which would limit nothing',
      { model: 'model:default/churn' },
      400,
      /Unrecognized key: "model"/,
    ],
    [
      'a limit of no kind',
      { binding: { models: 'model:default/churn' } },
      400,
      /Unrecognized key: "models"/,
    ],
    [
      'a model that nobody knows',
      { binding: { model: 'model:default/x' } },
      403,
      /knows no owner/,
    ],
    [
      'what is no model',
      { binding: { model: 'group:default/x' } },
      400,
      /Expected a model/,
    ],
    [
      'a life longer than the portal allows',
      { expiresInDays: 201 },
      400,
      /allows 200 at most/,
    ],
    [
      'a scope whose permission the person lacks',
      { scopes: ['serve'] },
      403,
      /need.*ml.serving.change, which user:default\/ann/,
    ],
    [
      'asking for promotions in the name of a group',
      { scopes: ['promote'], group: diagnostics },
      400,
      /the requester of a promotion may not approve it/,
    ],
    ['a scope that is none', { scopes: ['approve'] }, 400, /scopes/],
    ['no scope', { scopes: [] }, 400, /scopes/],
    ['a name that is none', { name: 'My token!' }, 400, /name/],
  ])('refuses %s', async (_, change, status, message) => {
    const { body, ...answer } = await create('ann', {
      name: 'other',
      scopes: ['read'],
      ...change,
    });
    expect({ status: answer.status, message: body.error.message }).toEqual({
      status,
      message: expect.stringMatching(message),
    });
  });

  it('says what tokens can be made for', async () => {
    const { body } = await request(backend.server)
      .get('/api/ml-tokens/v1/scopes')
      .set('authorization', as('ann'));
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual([
      'read',
      'data',
      'train',
      'monitor',
      'track',
      'register',
      'promote',
      'serve',
      'predict',
    ]);
    expect(body.items.slice(5, 7)).toEqual([
      {
        name: 'register',
        permissions: ['ml.registry.read', 'ml.registry.register'],
        personal: false,
      },
      {
        name: 'promote',
        permissions: ['ml.registry.read', 'ml.registry.promote'],
        personal: true,
      },
    ]);
  });

  it('makes tokens for people only, and answers only tokens what they are', async () => {
    const service = mockCredentials.service.header();
    const made = await request(backend.server)
      .post('/api/ml-tokens/v1/tokens')
      .set('authorization', service)
      .send({ name: 'x', scopes: ['read'] });
    expect(made.status).toBe(403);
    const current = await request(backend.server)
      .get('/api/ml-tokens/v1/token')
      .set('authorization', service);
    expect(current.status).toBe(403);
  });

  it('offers the same as actions', async () => {
    const credentials = mockCredentials.user('user:default/cleo');
    const invoke = async (name: string, input: object) =>
      (await actions.invoke({ id: `test:${name}`, input, credentials }))
        .output as any;
    const made = await invoke('create-token', {
      name: 'ci',
      scopes: ['read'],
      boundModel: 'model:default/fraud',
      expiresInDays: 5,
    });
    expect(made.secret).toMatch(/^dst_/);
    expect(made.token).toMatchObject({ boundModel: 'model:default/fraud' });
    const listed = await invoke('list-tokens', { state: 'active' });
    expect(listed.tokens).toEqual([made.token]);
    await invoke('revoke-token', { id: made.token.id });
    const rest = await invoke('list-tokens', { state: 'active' });
    expect(rest.tokens).toEqual([]);
    expect(JSON.stringify(entries)).not.toContain(made.secret);
    const { actions: registered } = await actions.list();
    expect(
      registered.map(({ name, attributes }) => [name, attributes.readOnly]),
    ).toEqual([
      ['list-tokens', true],
      ['create-token', false],
      ['revoke-token', false],
    ]);
  });
});

describe('ml-tokens under a policy that answers with conditions', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  beforeAll(async () => {
    backend = await startTestBackend({
      features: [
        ...features(),
        policyOf((permission, person = '') => {
          if (isPermission(permission, mlTokensReadPermission)) {
            // Service tokens are for the group to see, personal ones for nobody.
            return createMlTokenConditionalDecision(
              permission,
              mlTokenConditions.isOwner({ owners: groups[person] ?? [] }),
            );
          }
          if (isPermission(permission, mlTokensCreatePermission)) {
            return createMlTokenConditionalDecision(permission, {
              not: mlTokenConditions.isOwner({
                owners: ['group:default/credit'],
              }),
            });
          }
          return { result: AuthorizeResult.ALLOW };
        }),
      ],
    });
  });
  afterAll(() => backend.stop());

  const post = (person: string, path: string, body: object = {}) =>
    request(backend.server)
      .post(`/api/ml-tokens/v1/tokens${path}`)
      .set('authorization', as(person))
      .send(body);

  it('lists what it allows, and knows nothing of the rest', async () => {
    const own = await post('ann', '', { name: 'own', scopes: ['read'] });
    const shared = await post('ann', '', {
      name: 'shared',
      scopes: ['read'],
      group: diagnostics,
    });
    expect([own.status, shared.status]).toEqual([201, 201]);
    const listed = await request(backend.server)
      .get('/api/ml-tokens/v1/tokens')
      .set('authorization', as('ann'));
    expect(listed.body.items).toMatchObject([{ name: 'shared' }]);
    const hidden = `/${own.body.token.id}/revoke`;
    expect((await post('ann', hidden)).status).toBe(404);
    const visible = `/${shared.body.token.id}/revoke`;
    expect((await post('ben', visible)).status).toBe(200);
    // Not theirs, so not there: 404 and not 403.
    expect((await post('cleo', visible)).status).toBe(404);
  });

  it('makes none for an owner that it excludes', async () => {
    const made = await post('cleo', '', {
      name: 'nightly',
      scopes: ['read'],
      group: 'group:default/credit',
    });
    expect(made.status).toBe(403);
    expect(made.body.error.message).toContain('for other things only');
  });
});

describe('ml-tokens beside a plugin that has not spoken yet', () => {
  it('makes a token that does not read what the policy denies, when the plugin speaks', async () => {
    const tokenScopes = new TokenScopes([mlRegistryTokenScopes]);
    const backend = await startTestBackend({
      features: [
        ...features({ tokenScopes }),
        policyOf(({ name }) => ({
          result:
            name === 'ml.data.read'
              ? AuthorizeResult.DENY
              : AuthorizeResult.ALLOW,
        })),
      ],
    });
    const create = (name: string) =>
      request(backend.server)
        .post('/api/ml-tokens/v1/tokens')
        .set('authorization', as('ann'))
        .send({ name, scopes: ['read'] });
    const made = await create('early');
    expect(made.status).toBe(201);
    const { scopes, permissions } = made.body.token;
    expect(permissions).toEqual(['ml.registry.read']);

    tokenScopes.add(mlDataTokenScopes);
    expect((await create('late')).status).toBe(403);
    const authorizer = new Authorizer({
      tokenScopes,
      // To the policy a token is a service.
      permissions: mockServices.permissions({ result: AuthorizeResult.ALLOW }),
      userInfo: mockServices.userInfo.mock(),
    });
    const subject = formatTokenSubject({
      actor: 'user:default/ann',
      tokenId: 'one',
      tokenName: 'early',
      scopes,
      permissions,
      groups: [],
    });
    const caller = callerOf(mockCredentials.service(subject));
    await authorizer.require({ caller, permission: mlRegistryReadPermission });
    await expect(
      authorizer.require({ caller, permission: mlDataReadPermission }),
    ).rejects.toThrow(
      /may not use ml.data.read: the policy was not asked about it/,
    );
    await backend.stop();
  });
});

describe('the table of scopes', () => {
  const tokenScopes = new TokenScopes(allScopes);
  const scopesWith = (name: string) => tokenScopes.scopesWith(name);
  // Approving and tokens themselves are for people. The author of a new permission decides here, or in the table.
  const forPeople =
    /^ml\.(data\.grant|monitoring\.configure|registry\.(approve|break-glass|webhooks|collect-garbage|import)|tokens\.\w+)$/;

  it('names every permission of the plugins, or it is for people', () => {
    const plugins = resolve(__dirname, '../..');
    const names = readdirSync(plugins)
      .filter(folder => /^ml-.*-common$/.test(folder))
      .flatMap(folder => {
        const file = join(plugins, folder, 'src/permissions.ts');
        try {
          return [...readFileSync(file, 'utf8').matchAll(/name: '([^']+)'/g)];
        } catch {
          return [];
        }
      })
      .map(([, name]) => name);
    expect(names).toContain('ml.registry.track');
    expect(
      names.filter(name => !forPeople.test(name) && !scopesWith(name).length),
    ).toEqual([]);
    expect(
      names.filter(name => forPeople.test(name) && scopesWith(name).length),
    ).toEqual([]);
  });
});

describeDenyAll({
  pluginId: 'ml-tokens',
  contract: mlTokensContract,
  features: features(),
  exampleRequests: {
    listTokens: {},
    listScopes: {},
    createToken: { body: { name: 'x', scopes: ['read'] } },
    revokeToken: { params: { id: 'x' } },
    getCurrentToken: {},
  },
});
