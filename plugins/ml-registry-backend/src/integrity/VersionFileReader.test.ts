import { Readable } from 'node:stream';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { VersionFiles } from '../versions/VersionFiles';
import type {
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import { fileLeaseMs, VersionFileReader } from './VersionFileReader';
import { VersionFileStore } from './VersionFileStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

const version = {
  name: 'churn',
  version: 1,
  storageLocation: 'mlflow-artifacts:/1/a/artifacts/model',
} as VersionFacts;
const content = 'a model';
const sha256 =
  '97ff8a35544dcf40ad84047074439dd6aa3a0be469ea578a1b1c017d939ec61c';

/** Files of which the content comes, or never does: as for a portal that is ended while it reads. */
function filesThat(come: boolean) {
  return {
    list: async () => ({
      digest: 'sha256:all',
      items: [{ path: 'MLmodel', sha256 }],
    }),
    open: async () => ({
      content: come ? Readable.from([content]) : new Readable({ read() {} }),
    }),
  } as unknown as VersionFiles;
}

describe.each(databases.eachSupportedId())(
  'the files of a version, on %p',
  databaseId => {
    afterEach(() => jest.restoreAllMocks());

    async function twoPortals() {
      const knex = await databases.init(databaseId);
      await knex.migrate.latest({
        directory: resolvePackagePath(
          '@downstage/plugin-ml-registry-backend',
          'migrations',
        ),
      });
      const times = { creation_time: 1, last_updated_time: 1 };
      const { name } = version;
      await knex('registered_models').insert({ name, ...times });
      await knex('model_versions').insert({
        ...{ name, version: version.version, ...times },
        source: 'runs:/a/model',
        storage_location: version.storageLocation,
      });
      let now = new Date('2026-03-01T10:00:00Z').getTime();
      const readerOf = (files: VersionFiles) =>
        new VersionFileReader({
          files,
          store: new VersionFileStore(knex),
          versions: {} as VersionQueries,
          clock: () => new Date(now),
        });
      return {
        killed: readerOf(filesThat(false)),
        other: readerOf(filesThat(true)),
        passes: (ms: number) => {
          now += ms;
        },
        knex,
      };
    }

    it('are read by another portal a minute after one was ended while it read them', async () => {
      const { killed, other, passes } = await twoPortals();
      expect((await killed.fresh(version)).check.state).toBe('reading');
      passes(fileLeaseMs - 1);
      expect((await other.fresh(version)).check.state).toBe('reading');
      passes(1);
      expect((await other.fresh(version)).check).toEqual({
        state: 'read',
        changed: [],
        unrecorded: [],
      });
    });

    it('are left to a portal that goes on reading them, however long it takes', async () => {
      const renewals: (() => void)[] = [];
      const original = global.setInterval;
      jest.spyOn(global, 'setInterval').mockImplementation(((
        ...given: Parameters<typeof setInterval>
      ) => {
        if (given[1] === 15_000) renewals.push(given[0] as () => void);
        return original(...given);
      }) as typeof setInterval);
      const { killed: slow, other, passes, knex } = await twoPortals();
      await slow.fresh(version);
      const dueAt = async () =>
        Date.parse((await knex('version_files').first()).next_reconcile_at);
      const before = await dueAt();
      passes(fileLeaseMs - 1);
      expect(renewals).toHaveLength(1);
      renewals[0]();
      while ((await dueAt()) === before);
      passes(fileLeaseMs - 1);
      expect((await other.fresh(version)).check.state).toBe('reading');
    });
  },
);
