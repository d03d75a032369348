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
  readAs: '{}',
  dialect: { delimiter: ';', decimal: ',' },
  notes: ['f.csv: 1 empty line left out'],
  tables: [{ path: 'part-00000.parquet', size: 1, sha256: '2' }],
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
    const list = async (store: DatasetVersionStore) =>
      (await store.list('dataset:default/masses', { limit: 50 })).items;

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
      expect(await store.profiles('dataset:default/masses', [1, 2])).toEqual(
        new Map([[1, stored.version.profile]]),
      );
      expect(await list(store)).toEqual([
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
      expect((await list(store)).map(v => v.version)).toEqual([3, 2, 1]);
    });

    it('makes a new version of the same content that is read by other rules', async () => {
      const store = await createStore();
      await store.add(draft(), keep);
      const other = await store.add(
        draft({ readAs: '{"header":false}' }),
        keep,
      );
      expect(other.stored.version.version).toBe(2);
    });

    it('lists a page at a time, newest first, which new versions do not shift', async () => {
      const store = await createStore();
      for (const i of [1, 2, 3, 4, 5]) {
        await store.add(draft({ digest: `sha256:${i}` }), keep);
      }
      const ref = 'dataset:default/masses';
      const first = await store.list(ref, { limit: 2 });
      await store.add(draft({ digest: 'sha256:6' }), keep);
      const second = await store.list(ref, {
        ...first,
        limit: 2,
        cursor: first.nextCursor,
      });
      const third = await store.list(ref, {
        limit: 2,
        cursor: second.nextCursor,
      });
      expect(
        [first, second, third].map(({ items }) => items.map(v => v.version)),
      ).toEqual([[5, 4], [3, 2], [1]]);
      expect(third.nextCursor).toBeUndefined();
      await expect(store.list(ref, { limit: 2, cursor: 'x' })).rejects.toThrow(
        /Not a cursor: 'x'/,
      );
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
      expect(await list(store)).toHaveLength(1);
    });

    it('stores nothing when the data could not be kept', async () => {
      const store = await createStore();
      await expect(
        store.add(draft(), async () => {
          throw new Error('disk full');
        }),
      ).rejects.toThrow('disk full');
      expect(await list(store)).toEqual([]);
    });

    it('knows the latest version of each dataset that is asked about', async () => {
      const store = await createStore();
      await store.add(draft(), keep);
      await store.add(draft({ digest: 'sha256:2' }), keep);
      await store.add(
        draft({ entityRef: 'dataset:default/other', name: 'other' }),
        keep,
      );
      await store.add(
        draft({ entityRef: 'dataset:default/third', name: 'third' }),
        keep,
      );
      const latest = await store.latestOf([
        'dataset:default/masses',
        'dataset:default/other',
        'dataset:default/none',
      ]);
      expect([...latest].map(([key, v]) => [key, v.ref]).sort()).toEqual([
        ['dataset:default/masses', 'default/masses@2'],
        ['dataset:default/other', 'default/other@1'],
      ]);
    });
  },
);
