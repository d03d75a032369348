import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { TokenScopes } from '@downstage/common';
import { callerOf } from './caller';
import { formatJobSubject, parseJobSubject } from './jobSubject';
import { parseRights, rightsForJob, rightsForToken } from './keptRights';
import { formatTokenSubject, type TokenIdentity } from './tokenSubject';

const isOwner = (owners: string[]) => ({
  rule: 'IS_OWNER',
  resourceType: 'ml-model',
  params: { owners },
});

/** A policy that answers reads of the registry with this. */
function policyOf(conditions?: object) {
  return mockServices.permissions.mock({
    authorizeConditional: async queries =>
      queries.map(({ permission }) =>
        conditions && permission.name === 'ml.registry.read'
          ? { result: AuthorizeResult.CONDITIONAL, conditions }
          : { result: AuthorizeResult.ALLOW },
      ) as never,
  });
}

const reads = (name: string) => ({
  type: 'resource' as const,
  name,
  attributes: { action: 'read' as const },
  resourceType: 'ml-model',
});
const scopes = new TokenScopes([
  {
    pluginId: 'ml-registry',
    scopes: { read: { allows: [reads('ml.registry.read')] } },
  },
  {
    pluginId: 'ml-data',
    scopes: { read: { allows: [reads('ml.data.read')] } },
  },
]);

const ann = callerOf(mockCredentials.user('user:default/ann'));

function tokenOf(more: Partial<TokenIdentity>) {
  return callerOf(
    mockCredentials.service(
      formatTokenSubject({
        actor: 'user:default/ann',
        tokenId: 't1',
        tokenName: 'nightly',
        scopes: ['read', 'train'],
        groups: ['user:default/ann'],
        ...more,
      }),
    ),
  );
}

describe('rights that are kept with a token or a job', () => {
  it('are the conditions of the policy, and none where it allows everything', async () => {
    const conditions = { not: isOwner(['group:default/credit']) };
    expect(await rightsForJob(policyOf(conditions), ann, scopes)).toEqual({
      reads: { 'ml.registry.read': conditions },
    });
    expect(await rightsForJob(policyOf(), ann, scopes)).toBeUndefined();
    expect(await rightsForToken(policyOf(conditions), ann)).toBeUndefined();
  });

  it('are nothing where the policy denies', async () => {
    const permissions = mockServices.permissions({
      result: AuthorizeResult.DENY,
    });
    expect(await rightsForToken(permissions, ann)).toEqual({
      reads: { 'catalog.entity.read': 'none' },
    });
  });

  it('are what one owns where the conditions are too long to travel in a header', async () => {
    const many = Array.from({ length: 400 }, (_, at) => `group:default/${at}`);
    expect(await rightsForJob(policyOf(isOwner(many)), ann, scopes)).toEqual({
      reads: { 'ml.registry.read': 'own' },
    });
  });

  it('are for a job those of the token that submits it, as far as its scopes go', async () => {
    const rights = { reads: { 'catalog.entity.read': 'none' as const } };
    const asked = (more: Partial<TokenIdentity>) =>
      rightsForJob(policyOf(), tokenOf(more), scopes);
    expect(await asked({ rights })).toEqual({ ...rights, byToken: true });
    expect(await asked({ scopes: ['train'] })).toEqual({
      reads: { 'ml.data.read': 'none', 'ml.registry.read': 'own' },
      byToken: true,
    });
    expect(await asked({ permissions: ['ml.jobs.submit'] })).toEqual({
      reads: { 'ml.data.read': 'none', 'ml.registry.read': 'own' },
      byToken: true,
    });
    expect(await asked({ conditional: ['ml.data.read'] })).toEqual({
      reads: { 'ml.data.read': 'own' },
      byToken: true,
    });
  });

  it('travel with the subject of a job, and are never guessed', () => {
    const job = {
      subject: 'job:j1',
      actor: 'user:default/ann',
      owner: 'group:default/credit',
      rights: {
        reads: { 'ml.registry.read': { not: isOwner(['group:default/x']) } },
        byToken: true as const,
      },
      attributes: { job: 'j1' },
    };
    expect(parseJobSubject(formatJobSubject(job))).toEqual(job);
    const { rights, ...free } = job;
    expect(parseJobSubject(formatJobSubject(free))).toEqual(free);
    for (const text of ['', 'nonsense', 'e30']) {
      expect(() => parseRights(text)).toThrow('cannot be read');
    }
  });
});
