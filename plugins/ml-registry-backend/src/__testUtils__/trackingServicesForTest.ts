import { mockServices } from '@backstage/backend-test-utils';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import { Authorizer } from '@downstage/node';
import type { Knex } from 'knex';
import {
  createTrackingServices,
  type TrackingServices,
} from '../createTrackingServices';
import { LedgerStore } from '../ledger/LedgerStore';
import { readsForTest } from './readsForTest';
import { memoryArtifacts } from './registryFixture';

/** The tracking services over a database that is migrated, for people who own everything; nothing is promoted. */
export function trackingServicesForTest(
  knex: Knex,
  artifacts = memoryArtifacts(),
): TrackingServices {
  let time = 1000;
  const authorizer = new Authorizer({
    tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
    permissions: mockServices.permissions(),
    userInfo: mockServices.userInfo({
      ownershipEntityRefs: ['user:default/ann', 'group:default/diagnostics'],
    }),
  });
  return createTrackingServices({
    knex,
    ledger: new LedgerStore(knex),
    auditor: mockServices.auditor.mock(),
    authorizer,
    modelReads: readsForTest(authorizer),
    artifactStore: artifacts,
    stagePolicy: {
      transition: async () => ({ outcome: 'refused', message: 'no' }),
    },
    entityOwner: async () => undefined,
    onVersionCreated: async () => {},
    clock: () => new Date((time += 1)),
  });
}
