import { TestDatabases } from '@backstage/backend-test-utils';
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
    const listed = await store.list([
      'user:default/ann',
      'group:default/diagnostics',
    ]);
    expect(listed.map(({ id, actor }) => [id, actor])).toEqual([
      ['two', 'service:diagnostics/nightly'],
      ['one', 'user:default/ann'],
    ]);
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

  it('goes back to nothing', async () => {
    const { knex } = await aStore();
    await knex.migrate.rollback({
      directory: resolve(__dirname, '../../migrations'),
    });
    expect(await knex.schema.hasTable('tokens')).toBe(false);
  });
});
