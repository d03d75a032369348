import { TestDatabases } from '@backstage/backend-test-utils';
import type { FactCriteria } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { resolve } from 'node:path';
import { TokenStore } from './TokenStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('TokenStore on %p', databaseId => {
  async function aStore() {
    const knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    return { store: new TokenStore(knex), knex };
  }
  const token = (change = {}) => ({
    id: 'one',
    name: 'nightly',
    kind: 'personal' as const,
    owner: 'user:default/ann',
    scopes: ['track' as const],
    binding: { model: 'model:default/churn' },
    conditional: ['ml.registry.read'],
    permissions: ['ml.registry.read', 'ml.registry.track'],
    hint: 'dst_aBc1',
    createdBy: 'user:default/ann',
    createdAt: '2026-11-21T10:00:00.000Z',
    expiresAt: '2027-02-19T10:00:00.000Z',
    ...change,
  });

  it('keeps a token and finds it by its hash, without ever giving the hash out', async () => {
    const { store } = await aStore();
    await store.insert(token(), 'hash-1');
    const expected = { ...token(), actor: 'user:default/ann' };
    expect(await store.findByHash('hash-1')).toEqual(expected);
    expect(await store.find('one')).toEqual(expected);
    expect(await store.findByHash('one')).toBeUndefined();
  });

  it('keeps a scope that no plugin defines any more, and hides no token because of it', async () => {
    const { store } = await aStore();
    await store.insert(token({ scopes: ['features', 'track'] }), 'hash-1');
    const found = await store.findByHash('hash-1');
    expect(found?.scopes).toEqual(['features', 'track']);
  });

  it('lists the tokens of some owners, newest first', async () => {
    const { store } = await aStore();
    await store.insert(token(), 'hash-1');
    await store.insert(
      token({
        id: 'two',
        kind: 'service',
        owner: 'group:default/diagnostics',
        createdAt: '2026-11-21T11:00:00.000Z',
      }),
      'hash-2',
    );
    await store.insert(token({ id: 'three', owner: 'user:default/cleo' }), 'h');
    const { tokens: listed } = await store.list({
      owners: ['user:default/ann', 'group:default/diagnostics'],
      now: '2026-11-22T00:00:00.000Z',
      limit: 10,
    });
    expect(listed.map(({ id, actor }) => [id, actor])).toEqual([
      ['two', 'service:diagnostics/nightly'],
      ['one', 'user:default/ann'],
    ]);
  });

  it('lists what the criteria of a policy allow, and keeps what was conditional', async () => {
    const { store } = await aStore();
    const conditional = ['ml.registry.track'];
    await store.insert({ ...token(), conditional }, 'hash-1');
    await store.insert(
      token({ id: 'two', kind: 'service', owner: 'group:default/x' }),
      'hash-2',
    );
    const owners = ['user:default/ann', 'group:default/x'];
    const mine = { fact: 'owner' as const, values: ['user:default/ann'] };
    const idsOf = async (criteria: FactCriteria) =>
      (await store.list({ owners, criteria, now: '', limit: 10 })).tokens.map(
        ({ id }) => id,
      );
    expect(await idsOf(mine)).toEqual(['one']);
    expect(await idsOf({ not: mine })).toEqual(['two']);
    expect(await idsOf({ fact: 'risk', values: ['high'] })).toEqual([]);
    expect((await store.find('one'))?.conditional).toEqual(conditional);
  });

  it('lists page by page, also those made at one moment, and by state (R2)', async () => {
    const { store } = await aStore();
    const now = '2026-11-22T00:00:00.000Z';
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) {
      const expiresAt = id === 'b' ? '2026-11-21T23:00:00.000Z' : undefined;
      await store.insert(
        token({ id, name: id, ...(expiresAt && { expiresAt }) }),
        `hash-${id}`,
      );
    }
    await store.revoke('c', { at: now, by: 'user:default/ann' });
    const all = async (state?: 'active' | 'expired' | 'revoked') => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({
          owners: ['user:default/ann'],
          state,
          now,
          cursor,
          limit: 2,
        });
        expect(page.tokens.length).toBeLessThanOrEqual(2);
        seen.push(...page.tokens.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor);
      return seen;
    };
    expect(await all()).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect(await all('active')).toEqual(['e', 'd', 'a']);
    expect(await all('expired')).toEqual(['b']);
    expect(await all('revoked')).toEqual(['c']);
    await expect(
      store.list({ owners: [], now, cursor: 'x', limit: 2 }),
    ).rejects.toThrow(/Not a cursor: 'x'/);
  });

  it('keeps names unique per owner among tokens that live, also when two come at once', async () => {
    const { store } = await aStore();
    const outcomes = await Promise.allSettled([
      store.insert(token({ id: 'a' }), 'hash-a'),
      store.insert(token({ id: 'b' }), 'hash-b'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    await expect(store.insert(token({ id: 'c' }), 'hash-c')).rejects.toThrow(
      /has a token called 'nightly' already/,
    );
    const other = token({ id: 'd', owner: 'user:default/ben' });
    await expect(store.insert(other, 'hash-d')).resolves.toBeUndefined();
  });

  it('gives the name free when the token is revoked or has expired', async () => {
    const { store } = await aStore();
    await store.insert(token(), 'hash-1');
    const revoked = { at: '2026-11-22T10:00:00.000Z', by: 'user:default/ann' };
    expect(await store.revoke('one', revoked)).toBe(true);
    expect(await store.revoke('one', { ...revoked, by: 'other' })).toBe(false);
    expect(await store.find('one')).toMatchObject({
      revokedAt: revoked.at,
      revokedBy: revoked.by,
    });
    await store.insert(
      token({ id: 'two', expiresAt: '2026-11-23T10:00:00.000Z' }),
      'hash-2',
    );
    await store.insert(
      token({ id: 'three', createdAt: '2026-11-24T10:00:00.000Z' }),
      'hash-3',
    );
  });

  it('moves the last use forward only', async () => {
    const { store } = await aStore();
    await store.insert(token(), 'hash-1');
    await store.used('one', '2026-11-21T12:00:00.000Z');
    await store.used('one', '2026-11-21T11:00:00.000Z');
    expect((await store.find('one'))?.lastUsedAt).toBe(
      '2026-11-21T12:00:00.000Z',
    );
  });

  it('keeps an empty list of permissions apart from none, and takes nothing from tokens of before', async () => {
    const knex = await databases.init(databaseId);
    const directory = resolve(__dirname, '../../migrations');
    const listed = await knex.migrate.list({ directory });
    for (const { file } of listed[1]) {
      if (file < '20261130') await knex.migrate.up({ directory, name: file });
    }
    const { scopes, binding, ...old } = token();
    await knex('tokens').insert({
      id: old.id,
      name: old.name,
      kind: old.kind,
      owner: old.owner,
      hash: 'hash-old',
      hint: old.hint,
      scopes: JSON.stringify(scopes),
      bound_model: binding.model,
      conditional: JSON.stringify(old.conditional),
      created_by: old.createdBy,
      created_at: old.createdAt,
      expires_at: old.expiresAt,
    });
    await knex.migrate.latest({ directory });
    const store = new TokenStore(knex);
    const { permissions, ...before } = token();
    expect(await store.findByHash('hash-old')).toEqual({
      ...before,
      actor: 'user:default/ann',
    });
    const none = token({ id: 'two', name: 'other', permissions: [] });
    await store.insert(none, 'hash-new');
    expect((await store.findByHash('hash-new'))?.permissions).toEqual([]);
  });

  it('goes back to nothing', async () => {
    const { knex } = await aStore();
    await knex.migrate.rollback({
      directory: resolve(__dirname, '../../migrations'),
    });
    expect(await knex.schema.hasTable('tokens')).toBe(false);
  });
});
