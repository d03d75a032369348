import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Knex } from 'knex';
import { migrateForTest } from '../../__testUtils__/registryFixture';
import { fingerprintOf } from '../fingerprintOf';
import { SharedKeyStore, type SharedKey } from './SharedKeyStore';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())(
  'keys that portals share, on %s',
  id => {
    let knex: Knex;
    let now: number;
    const portal = (name: string) =>
      new SharedKeyStore({ knex, portal: name, clock: () => new Date(now) });
    const keys = (text: string): SharedKey[] => [
      {
        name: 'secrets of webhooks',
        fingerprint: fingerprintOf(Buffer.from(text)),
        setting: 'mlRegistry.webhooks.secretKey',
      },
    ];

    beforeEach(async () => {
      knex = await databases.init(id);
      await migrateForTest(knex);
      now = Date.parse('2026-03-04T05:06:07Z');
    });
    afterEach(() => knex('shared_keys').delete());

    it('may be the same in as many portals as there are', async () => {
      await portal('one').claim(keys('a'));
      await portal('two').claim(keys('a'));
      await portal('three').claim(keys('a'));
      expect(
        await knex('shared_keys').orderBy('portal').pluck('portal'),
      ).toEqual(['one', 'three', 'two']);
    });

    it('refuse a portal with another one, which says where, and leave the first alone', async () => {
      await portal('one').claim(keys('a'));
      now += 1_000;
      await expect(portal('two').claim(keys('b'))).rejects.toThrow(
        /^The key for secrets of webhooks has the fingerprint \w{16} here, and \w{16} at one, which runs on the same database.*mlRegistry\.webhooks\.secretKey/,
      );
      expect(await knex('shared_keys').pluck('portal')).toEqual(['one']);
      await portal('one').claim(keys('a'));
    });

    it('can be changed once the portals that had the old one are stopped', async () => {
      const one = portal('one');
      await one.claim(keys('a'));
      await one.release();
      await portal('two').claim(keys('b'));
      expect(await knex('shared_keys').pluck('portal')).toEqual(['two']);
    });

    it('can be changed when the portals that had the old one have been silent for a while', async () => {
      await portal('one').claim(keys('a'));
      now += 60_000;
      await portal('one').seen(keys('a'));
      now += 60_000;
      await expect(portal('two').claim(keys('b'))).rejects.toThrow('at one');
      now += 60_000;
      await portal('two').claim(keys('b'));
      now += 1_000;
      await expect(portal('one').claim(keys('a'))).rejects.toThrow('at two');
    });

    it('are those of this start, not of one before that had the same name', async () => {
      await portal('one').claim(keys('a'));
      now += 1_000;
      await portal('two').claim(keys('a'));
      now += 1_000;
      await expect(portal('one').claim(keys('b'))).rejects.toThrow('at two');
    });

    it('tells keys apart and says nothing of them', () => {
      const [one, other] = ['a', 'b'].map(text =>
        fingerprintOf(Buffer.from(text)),
      );
      expect(one).not.toBe(other);
      expect(one).toMatch(/^[0-9a-f]{16}$/);
    });
  },
);
