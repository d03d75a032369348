import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { migrate } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { DatasetVersionStore, type VersionDraft } from './DatasetVersionStore';

const draft = (over: Partial<VersionDraft> = {}): VersionDraft => ({
  entityRef: 'dataset:default/masses',
  namespace: 'default',
  name: 'masses',
  uri: 'masses.csv',
  format: 'csv',
  digest: 'sha256:1',
  rows: 3_000_000_000,
  bytes: 9_000_000_000,
  files: [
    {
      path: 'masses.csv',
      size: 9_000_000_000,
      sha256: '1',
      rows: 3_000_000_000,
    },
  ],
  schema: [{ name: 'x', type: 'DOUBLE', nullable: false, unit: 'µm' }],
  profile: { columns: [] },
  source: [{ path: 'masses.csv', size: 9_000_000_000, mtimeMs: 1 }],
  createdBy: 'user:default/ann',
  createdAt: '2026-11-21T00:00:00.000Z',
  ...over,
});

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())(
  'DatasetVersionStore, %p',
  databaseId => {
    async function createStore() {
      const knex = await databases.init(databaseId);
      return new DatasetVersionStore(
        await migrate(
          mockServices.database({ knex }),
          '@downstage/plugin-ml-data-backend',
        ),
      );
    }
    const keep = async () => {};

    it('gives back what it was given, with numbers as numbers', async () => {
      const store = await createStore();
      const { stored, created } = await store.add(draft(), keep);
      expect(created).toBe(true);
      expect(stored.version).toMatchObject({
        ref: 'default/masses@1',
        version: 1,
        rows: 3_000_000_000,
      });
      expect(await store.get('dataset:default/masses', 1)).toEqual(stored);
      expect(await store.get('dataset:default/masses', 'latest')).toEqual(
        stored,
      );
      expect(await store.profiles('dataset:default/masses')).toEqual(
        new Map([[1, stored.version.profile]]),
      );
      expect(await store.list('dataset:default/masses')).toEqual([
        expect.objectContaining({ ref: 'default/masses@1', columns: 1 }),
      ]);
    });

    it('returns the latest version for the same content, and keeps nothing', async () => {
      const store = await createStore();
      await store.add(draft(), keep);
      const second = await store.add(draft(), async () => {
        throw new Error('must not be called');
      });
      expect(second.created).toBe(false);
      expect(second.stored.version.version).toBe(1);
    });

    it('makes a new version when old content comes back', async () => {
      const store = await createStore();
      await store.add(draft(), keep);
      await store.add(draft({ digest: 'sha256:2' }), keep);
      const back = await store.add(draft(), keep);
      expect(back.stored.version.version).toBe(3);
      expect(
        (await store.list('dataset:default/masses')).map(v => v.version),
      ).toEqual([3, 2, 1]);
    });

    it('allots numbers without gaps or doubles to registrations at once', async () => {
      const store = await createStore();
      const added = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          store.add(draft({ digest: `sha256:${i}` }), keep),
        ),
      );
      expect(
        added.map(({ stored }) => stored.version.version).sort((a, b) => a - b),
      ).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it('makes one version of the same content registered at once', async () => {
      const store = await createStore();
      const added = await Promise.all(
        Array.from({ length: 4 }, () => store.add(draft(), keep)),
      );
      expect(added.filter(({ created }) => created)).toHaveLength(1);
      expect(await store.list('dataset:default/masses')).toHaveLength(1);
    });

    it('stores nothing when the data could not be kept', async () => {
      const store = await createStore();
      await expect(
        store.add(draft(), async () => {
          throw new Error('disk full');
        }),
      ).rejects.toThrow('disk full');
      expect(await store.list('dataset:default/masses')).toEqual([]);
    });

    it('knows the latest version of every dataset', async () => {
      const store = await createStore();
      await store.add(draft(), keep);
      await store.add(draft({ digest: 'sha256:2' }), keep);
      await store.add(
        draft({ entityRef: 'dataset:default/other', name: 'other' }),
        keep,
      );
      const latest = await store.latestOfAll();
      expect([...latest].map(([key, v]) => [key, v.ref]).sort()).toEqual([
        ['dataset:default/masses', 'default/masses@2'],
        ['dataset:default/other', 'default/other@1'],
      ]);
    });
  },
);
