import { mkdtemp } from 'node:fs/promises';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import { Authorizer } from '@downstage/node';
import type { Knex } from 'knex';
import { caller } from './people';
import { readsForTest } from './readsForTest';
import { FolderArtifactStore } from '../artifacts/FolderArtifactStore';
import { createTrackingServices } from '../createTrackingServices';
import { LedgerStore } from '../ledger/LedgerStore';

const directory = createMockDirectory();
export const ann = caller('ann');
export const cleo = caller('cleo');
const GROUPS: Record<string, string[]> = {
  'user:default/ann': ['user:default/ann', 'group:default/diagnostics'],
  'user:default/cleo': ['user:default/cleo', 'group:default/credit'],
};

/** The tracking services for ann and cleo of two teams, with an experiment of ann. */
export async function aTracking(knex: Knex) {
  await knex.migrate.latest({
    directory: resolvePackagePath(
      '@downstage/plugin-ml-registry-backend',
      'migrations',
    ),
  });
  const folder = await mkdtemp(directory.resolve('tracking-'));
  let time = 1000;
  const created: string[] = [];
  const userInfo = mockServices.userInfo.mock();
  userInfo.getUserInfo.mockImplementation(async credentials => {
    const { userEntityRef } = credentials.principal as {
      userEntityRef: string;
    };
    return { userEntityRef, ownershipEntityRefs: GROUPS[userEntityRef] };
  });
  const authorizer = new Authorizer({
    tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
    permissions: mockServices.permissions(),
    userInfo,
  });
  const services = createTrackingServices({
    knex,
    ledger: new LedgerStore(knex),
    auditor: mockServices.auditor.mock(),
    authorizer,
    modelReads: readsForTest(authorizer),
    artifactStore: await FolderArtifactStore.open(folder),
    entityOwner: async name =>
      name === 'owned' ? 'group:default/credit' : undefined,
    externalSources: [
      { location: 's3://open', owners: ['group:default/diagnostics'] },
    ],
    onVersionCreated: async version => {
      created.push(`${version.name}@${version.version}`);
    },
    stagePolicy: {
      transition: async () => ({ outcome: 'refused', message: 'asked p-1' }),
    },
    clock: () => new Date((time += 1)),
  });
  const experimentId = await services.experiments.create(
    {
      name: 'e',
      tags: {},
    },
    { caller: ann },
  );
  const aRun = async (
    metrics: Record<string, number> = {},
    more: {
      params?: Record<string, string>;
      tags?: Record<string, string>;
    } = {},
  ) => {
    const run = await services.runs.create(
      { experimentId, tags: [] },
      { caller: ann },
    );
    const entries = (record: Record<string, string> = {}) =>
      Object.entries(record).map(([key, value]) => ({ key, value }));
    await services.log.log(
      {
        runId: run.runId,
        metrics: Object.entries(metrics).map(([key, value]) => ({
          key,
          value,
          timestamp: 1,
          step: 0,
        })),
        params: entries(more.params),
        tags: entries(more.tags),
      },
      { caller: ann },
    );
    return run.runId;
  };
  const search = async (filter: string, orderBy: string[] = []) => {
    const page = await services.runs.search(
      {
        experimentIds: [experimentId],
        filter,
        orderBy,
        lifecycleStages: ['active'],
        limit: 100,
      },
      { caller: ann },
    );
    return page.runs.map(run => run.runId);
  };
  return { ...services, knex, experimentId, aRun, search, created };
}
