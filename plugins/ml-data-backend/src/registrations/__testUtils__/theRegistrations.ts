import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { migrate } from '@downstage/node';
import type { Knex } from 'knex';
import type { VersionReader } from '../../reader/readInProcess';
import { SnapshotStore } from '../../storage/SnapshotStore';
import { DatasetVersionStore } from '../../versions/DatasetVersionStore';
import { RegistrationStore } from '../RegistrationStore';
import { RegistrationRunner } from '../RegistrationRunner';

export const directory = createMockDirectory();

/** Registrations in a database of their own, and runners that carry them out. */
export async function theRegistrations(database: Knex) {
  const knex = await migrate(
    mockServices.database({ knex: database }),
    '@downstage/plugin-ml-data-backend',
  );
  const registrations = new RegistrationStore(knex);
  const versions = new DatasetVersionStore(knex);
  let now = new Date('2026-11-29T12:00:00Z');
  const announced: string[] = [];
  const start = (reader: VersionReader) =>
    new RegistrationRunner({
      auditor: mockServices.auditor.mock({
        createEvent: async () => ({
          success: async () => {},
          fail: async () => {},
        }),
      }),
      logger: mockServices.logger.mock(),
      registrations,
      versions,
      snapshots: new SnapshotStore({
        root: directory.resolve('kept'),
        newId: () => `s${Math.random()}`,
      }),
      reader,
      roots: { roots: [{ path: directory.resolve('data') }], own: [] },
      limits: { concurrency: 1, threads: 1, memoryLimit: '500MB' },
      clock: () => now,
      announce: async ({ ref }) => {
        announced.push(ref);
      },
    });
  const ask = (id: string, uri = 'a.csv') =>
    registrations.add({
      id,
      entityRef: 'dataset:default/x',
      namespace: 'default',
      name: 'x',
      request: {
        uri,
        root: directory.resolve('data'),
        dialect: {},
        fields: [],
      },
      createdBy: 'user:default/ann',
      now: now.toISOString(),
    });
  const until = async (
    runner: RegistrationRunner,
    id: string,
    state: string,
  ) => {
    for (;;) {
      runner.nudge();
      const step = runner.settled(id, { afterMs: 50 });
      const found = (await registrations.get(id))!.registration;
      if (found.state === state) return found;
      await step;
    }
  };
  /** The state after so many attempts, once nobody works on it. */
  const givenBack = async (
    runner: RegistrationRunner,
    id: string,
    { attempts }: { attempts: number },
  ) => {
    for (;;) {
      runner.nudge();
      const step = runner.settled(id, { afterMs: 20 });
      const row = await knex('dataset_registrations').where({ id }).first();
      if (row.attempts === attempts && !row.ticket) return row.state;
      await step;
    }
  };
  return {
    ...{ registrations, versions, announced, start, ask, until, givenBack },
    later: (ms: number) => {
      now = new Date(now.getTime() + ms);
    },
  };
}
