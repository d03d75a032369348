import { mockServices } from '@backstage/backend-test-utils';
import { parseTokenSubject } from '@downstage/node';
import { hashOf, newSecret } from '@downstage/plugin-ml-tokens-node';
import type { TokenRecord, TokenStore } from '../stores/TokenStore';
import type { Ownership } from './Ownership';
import { TokenVerifier } from './TokenVerifier';
import { UseRecorder } from './UseRecorder';

const diagnostics = 'group:default/diagnostics';
const secret = newSecret();

/** A verifier over one token and a small catalog, at a time that stands still until it is moved. */
function aVerifier(change: Partial<TokenRecord> = {}) {
  const state = {
    now: new Date('2026-11-21T10:00:00Z'),
    token: {
      id: 'k3v9',
      name: 'nightly',
      kind: 'personal',
      owner: 'user:default/ann',
      actor: 'user:default/ann',
      scopes: ['track'],
      binding: {},
      hint: secret.slice(0, 8),
      createdBy: 'user:default/ann',
      createdAt: '2026-11-20T10:00:00Z',
      expiresAt: '2026-12-01T10:00:00Z',
      ...change,
    } as TokenRecord,
    people: {
      'user:default/ann': [diagnostics, 'group:default/reading'],
    } as Record<string, string[]>,
    models: { 'model:default/churn': diagnostics } as Record<string, string>,
    asked: 0,
    written: [] as string[],
  };
  const store = {
    findByHash: async (hash: string) => {
      state.asked += 1;
      return hash === hashOf(secret) ? state.token : undefined;
    },
    used: async (_: string, at: string) => {
      state.written.push(at);
    },
  } as unknown as TokenStore;
  const ownership = {
    refsOfPerson: async (ref: string) =>
      state.people[ref] && [ref, ...state.people[ref]],
    hasGroup: async (ref: string) => ref === diagnostics,
    ownerOfModel: async (ref: string) => state.models[ref],
  } as unknown as Ownership;
  const clock = () => state.now;
  const logger = mockServices.logger.mock();
  const uses = new UseRecorder({ store, clock, logger });
  const verifier = new TokenVerifier({ store, ownership, uses, clock });
  return {
    state,
    uses,
    verifier,
    owned: async () => parseTokenSubject(await verifier.verify(secret))?.groups,
    later: (ms: number) => {
      state.now = new Date(state.now.getTime() + ms);
    },
  };
}

describe('TokenVerifier', () => {
  it('says whom a personal token speaks for, with the groups of this moment', async () => {
    const { verifier } = aVerifier();
    expect(parseTokenSubject(await verifier.verify(secret))).toEqual({
      actor: 'user:default/ann',
      tokenId: 'k3v9',
      tokenName: 'nightly',
      scopes: ['track'],
      groups: ['user:default/ann', diagnostics, 'group:default/reading'],
    });
  });

  it('says which permissions reach no further than what the token owns', async () => {
    const conditional = ['ml.registry.read'];
    const { verifier } = aVerifier({ conditional });
    expect(parseTokenSubject(await verifier.verify(secret))).toMatchObject({
      conditional,
    });
  });

  it('says which permissions the policy allowed when the token was made', async () => {
    const permissions = ['ml.registry.read', 'ml.registry.track'];
    const { verifier } = aVerifier({ permissions });
    expect(parseTokenSubject(await verifier.verify(secret))).toMatchObject({
      permissions,
    });
  });

  it('takes away what a group owns two seconds after the person left it', async () => {
    const { state, owned, later } = aVerifier();
    expect(await owned()).toContain(diagnostics);
    state.people['user:default/ann'] = [];
    later(2_001);
    expect(await owned()).toEqual(['user:default/ann']);
  });

  it('stops when the person leaves the catalog', async () => {
    const { state, verifier } = aVerifier();
    state.people = {};
    await expect(verifier.verify(secret)).rejects.toThrow(
      /belongs to user:default\/ann, who is not in the catalog/,
    );
  });

  it.each([
    ['a group', { group: diagnostics }, [diagnostics]],
    ['a group that its person left', { group: 'group:default/old' }, []],
    ['a model', { model: 'model:default/churn' }, [diagnostics]],
    ['a model that is gone', { model: 'model:default/gone' }, []],
  ])('owns no more than %s it is bound to', async (_, binding, groups) => {
    expect(await aVerifier({ binding }).owned()).toEqual(groups);
  });

  it('lets a service token own through its group, and stop with it', async () => {
    const service = { kind: 'service' as const, actor: 'service:d/nightly' };
    const { owned } = aVerifier({ ...service, owner: diagnostics });
    expect(await owned()).toEqual([diagnostics]);
    const orphan = aVerifier({ ...service, owner: 'group:default/gone' });
    await expect(orphan.owned()).rejects.toThrow(/not in the catalog/);
  });

  it('says which of expired and revoked it is, and nothing of what it does not know', async () => {
    const { state, verifier, later } = aVerifier();
    const stranger = newSecret();
    await expect(verifier.verify(stranger)).rejects.toThrow(
      /does not know the access token/,
    );
    state.token.revokedAt = '2026-11-21T09:00:00Z';
    state.token.revokedBy = 'user:default/ben';
    await expect(verifier.verify(secret)).rejects.toThrow(
      /'nightly'.*was revoked on 2026-11-21 by user:default\/ben/,
    );
    delete state.token.revokedAt;
    later(20 * 86_400_000);
    await expect(verifier.verify(secret)).rejects.toThrow(
      /'nightly'.*expired on 2026-12-01/,
    );
  });

  it('asks once in two seconds however many requests come, and at once after a revocation here', async () => {
    const { state, verifier, later } = aVerifier();
    await Promise.all(
      Array.from({ length: 50 }, () => verifier.verify(secret)),
    );
    expect(state.asked).toBe(1);
    state.token.revokedAt = '2026-11-21T10:00:00Z';
    verifier.forget();
    await expect(verifier.verify(secret)).rejects.toThrow(/was revoked/);
    later(1_000);
    await expect(verifier.verify(secret)).rejects.toThrow(/was revoked/);
    expect(state.asked).toBe(2);
  });

  it('writes the use down once a minute, without making the request wait', async () => {
    const { state, verifier, uses, later } = aVerifier();
    await verifier.verify(secret);
    later(30_000);
    await verifier.verify(secret);
    later(31_000);
    await verifier.verify(secret);
    await uses.settled();
    expect(state.written).toEqual([
      '2026-11-21T10:00:00.000Z',
      '2026-11-21T10:01:01.000Z',
    ]);
  });
});
