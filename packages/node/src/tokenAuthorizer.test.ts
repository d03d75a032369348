import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  createPermission,
} from '@backstage/plugin-permission-common';
import { Authorizer } from './authorizer';
import {
  formatTokenSubject,
  parseTokenSubject,
  type TokenIdentity,
} from './tokenSubject';

const diagnostics = 'group:default/diagnostics';
const credit = 'group:default/credit';
const identity: TokenIdentity = {
  actor: 'user:default/ann',
  tokenId: 'k3v9',
  tokenName: 'nightly',
  scopes: ['track'],
  groups: ['user:default/ann', diagnostics],
};
const permission = (
  name: string,
  action: 'read' | 'create' | 'update' = 'create',
) => createPermission({ name, attributes: { action } });
const read = permission('ml.registry.read', 'read');
const track = permission('ml.registry.track');
const register = permission('ml.registry.register');
const approve = permission('ml.registry.approve', 'update');

const authorizer = new Authorizer({
  permissions: mockServices.permissions({ result: AuthorizeResult.ALLOW }),
  userInfo: mockServices.userInfo.mock(),
  administrators: ['group:default/platform'],
});

function token(change: Partial<TokenIdentity> = {}) {
  return mockCredentials.service(
    formatTokenSubject({ ...identity, ...change }),
  );
}

const verdict = async (
  change: Partial<TokenIdentity>,
  request: Omit<Parameters<Authorizer['require']>[0], 'credentials'>,
) =>
  authorizer.require({ credentials: token(change), ...request }).then(
    () => 'allowed',
    error => `${error.name}: ${error.message}`,
  );

describe('the subject of a token', () => {
  it('is read back as it was written, whatever stands in it', () => {
    for (const change of [
      {},
      { model: 'model:default/fraud-score' },
      { tokenName: 'a&scopes=promote', groups: [] },
    ]) {
      const whole = { ...identity, ...change };
      expect(parseTokenSubject(formatTokenSubject(whole))).toEqual(whole);
    }
  });

  it('can be read by people in the audit trail', () => {
    expect(formatTokenSubject(identity)).toBe(
      'token:user:default/ann?id=k3v9&name=nightly&scopes=track&groups=user:default/ann,group:default/diagnostics',
    );
  });

  it('is none where it is another service, and an error where it only begins like one', () => {
    expect(parseTokenSubject('plugin:ml-jobs')).toBeUndefined();
    for (const wrong of [
      'token:',
      'token:user:default/ann',
      'token:user:default/ann?id=a&name=b&scopes=everything&groups=',
    ]) {
      expect(() => parseTokenSubject(wrong)).toThrow(/not that of a token/);
    }
  });
});

describe('Authorizer, asked by a token', () => {
  it('names the person and the token, and owns through the person', async () => {
    const credentials = token();
    expect(authorizer.actor(credentials)).toBe('user:default/ann');
    expect(authorizer.who(credentials)).toEqual({
      actor: 'user:default/ann',
      token: { id: 'k3v9', name: 'nightly' },
    });
    expect(await authorizer.owns(credentials, diagnostics)).toBe(true);
    expect(await authorizer.owns(credentials, credit)).toBe(false);
    expect(authorizer.isService(credentials)).toBe(false);
    expect(
      authorizer.isService(mockCredentials.service('plugin:ml-jobs')),
    ).toBe(true);
  });

  it.each([
    ['what its scope allows', {}, { permission: track, owner: diagnostics }],
    ['reading what it changes', {}, { permission: read }],
    ['reading what others own', {}, { permission: read, owner: credit }],
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
      'approving, with every scope',
      { scopes: ['read', 'track', 'register', 'promote'] as const },
      { permission: approve },
      /no token may; sign in/,
    ],
    [
      'what another group owns',
      {},
      { permission: track, owner: credit },
      /belongs to group:default\/credit.*owns only through/,
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
      authorizer.requirePerson(mockCredentials.service('plugin:x'), what),
    ).toThrow(/for a person who is signed in/);
    expect(() =>
      authorizer.requirePerson(mockCredentials.user(), what),
    ).not.toThrow();
  });
});
