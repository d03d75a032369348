import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
} from '@backstage/plugin-permission-common';
import {
  defineTokenScopes,
  TokenScopes,
  type GrantedPermission,
} from '@downstage/common';
import { Authorizer } from './authorizer';
import { callerOf, whoOf } from '../caller/caller';
import { formatTokenSubject, type TokenIdentity } from '../caller/tokenSubject';
import { diagnostics, identity } from '../caller/__testUtils__/aTokenIdentity';

const credit = 'group:default/credit';
const permission = (
  name: string,
  action: 'read' | 'create' | 'update' = 'create',
) => createPermission({ name, attributes: { action } });
const read = permission('ml.registry.read', 'read');
const track = permission('ml.registry.track');
const register = permission('ml.registry.register');
const approve = permission('ml.registry.approve', 'update');

const granted = (
  name: string,
  action: 'read' | 'create' | 'update' = 'create',
): GrantedPermission => ({
  type: 'resource',
  name,
  attributes: { action },
  resourceType: 'ml-model',
});
const trackOfModel = granted('ml.registry.track');
const tokenScopes = new TokenScopes([
  defineTokenScopes({
    pluginId: 'ml-registry',
    scopes: {
      read: { allows: [granted('ml.registry.read', 'read')] },
      track: { allows: [granted('ml.registry.read', 'read'), trackOfModel] },
      register: { allows: [granted('ml.registry.register')] },
      promote: { allows: [granted('ml.registry.promote', 'update')] },
    },
    ofOwner: [trackOfModel],
  }),
  defineTokenScopes({
    pluginId: 'ml-data',
    scopes: { data: { allows: [granted('ml.data.write')] } },
  }),
]);

const authorizer = new Authorizer({
  tokenScopes,
  permissions: mockServices.permissions({ result: AuthorizeResult.ALLOW }),
  userInfo: mockServices.userInfo.mock(),
  administrators: ['group:default/platform'],
});

function token(change: Partial<TokenIdentity> = {}) {
  return callerOf(
    mockCredentials.service(formatTokenSubject({ ...identity, ...change })),
  );
}

const verdict = async (
  change: Partial<TokenIdentity>,
  request: Omit<Parameters<Authorizer['require']>[0], 'caller'>,
) =>
  authorizer.require({ caller: token(change), ...request }).then(
    () => 'allowed',
    error => `${error.name}: ${error.message}`,
  );

describe('Authorizer, asked by a token', () => {
  it('names the person and the token, and owns through the person', async () => {
    const caller = token();
    expect(whoOf(caller)).toEqual({
      actor: 'user:default/ann',
      token: { id: 'k3v9', name: 'nightly' },
    });
    expect(await authorizer.owns(caller, diagnostics)).toBe(true);
    expect(await authorizer.owns(caller, credit)).toBe(false);
    expect(caller.kind).toBe('token');
    expect(callerOf(mockCredentials.service('plugin:ml-jobs')).kind).toBe(
      'service',
    );
  });

  it.each([
    ['what its scope allows', {}, { permission: track, owner: diagnostics }],
    ['reading what it changes', {}, { permission: read }],
    ['reading what others own', {}, { permission: read, owner: credit }],
    [
      'what the policy allowed when it was made',
      { permissions: ['ml.registry.track'] },
      { permission: track, owner: diagnostics },
    ],
    [
      'tracking for the owner of the model it is bound to',
      { model: 'model:default/churn' },
      { permission: track, owner: diagnostics },
    ],
    [
      'changing the model it is bound to',
      { model: 'model:default/churn', scopes: ['register' as const] },
      {
        permission: register,
        owner: diagnostics,
        model: 'model:default/churn',
      },
    ],
  ])('allows %s', async (_, change, request) => {
    expect(await verdict(change, request)).toBe('allowed');
  });

  it.each([
    [
      'what no scope of it allows',
      {},
      { permission: register },
      /has the scopes track; ml.registry.register needs register/,
    ],
    [
      'everything, when no plugin defines its scope any more',
      { scopes: ['features'] },
      { permission: read },
      /has the scopes features; ml.registry.read needs read or track/,
    ],
    [
      'approving, with every scope',
      { scopes: ['read', 'track', 'register', 'promote'] as const },
      { permission: approve },
      /no token may; sign in/,
    ],
    [
      'what another group owns',
      {},
      { permission: track, owner: credit },
      /belongs to group:default\/credit, and the token .* owns only through/,
    ],
    [
      'what administrators may, although its person is one',
      { groups: ['user:default/dora', 'group:default/platform'] },
      { permission: track, owner: credit },
      /belongs to group:default\/credit/,
    ],
    [
      'another model than the one it is bound to',
      { scopes: ['register'] as const, model: 'model:default/churn' },
      { permission: register, model: 'model:default/other' },
      /bound to model:default\/churn and may not change model:default\/other/,
    ],
    [
      'what is about no model, when it is bound to one',
      { scopes: ['data'] as const, model: 'model:default/churn' },
      { permission: permission('ml.data.write'), owner: diagnostics },
      /is not about that model/,
    ],
    [
      'a read that joined its scope after it was made',
      { scopes: ['read'] as const, permissions: ['ml.data.read'] },
      { permission: read },
      /'nightly' of user:default\/ann may not use ml.registry.read: the policy was not asked about it when the token was made; make a new token/,
    ],
    [
      'everything, when the policy was asked about nothing',
      { permissions: [] },
      { permission: track },
      /the policy was not asked/,
    ],
    [
      'what the policy allowed, when its scopes do not allow it',
      { permissions: ['ml.registry.register'] },
      { permission: register },
      /needs register/,
    ],
    [
      'a permission that nobody put into a scope',
      { scopes: ['read', 'track'] as const },
      { permission: permission('ml.new.thing', 'read') },
      /no token may/,
    ],
  ])('refuses %s', async (_, change, request, message) => {
    expect(
      await verdict(change as unknown as Partial<TokenIdentity>, request),
    ).toMatch(message);
  });

  it('leaves what is for people to people', () => {
    const what = 'break glass';
    expect(() => authorizer.requirePerson(token(), what)).toThrow(
      /'nightly' of user:default\/ann may not break glass: no token may/,
    );
    expect(() =>
      authorizer.requirePerson(
        callerOf(mockCredentials.service('plugin:x')),
        what,
      ),
    ).toThrow(/for a person who is signed in/);
    expect(() =>
      authorizer.requirePerson(callerOf(mockCredentials.user()), what),
    ).not.toThrow();
  });
});
