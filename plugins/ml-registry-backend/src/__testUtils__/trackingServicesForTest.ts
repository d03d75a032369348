import { mockServices } from '@backstage/backend-test-utils';
import { Authorizer } from '@downstage/node';
import type { Knex } from 'knex';
import {
  createTrackingServices,
  type TrackingServices,
} from '../services/createTrackingServices';
import { memoryArtifacts } from './registryFixture';

/** The tracking services over a database that is migrated, for people who own everything; nothing is promoted. */
export function trackingServicesForTest(
  knex: Knex,
  artifacts = memoryArtifacts(),
): TrackingServices {
  let time = 1000;
  return createTrackingServices({
    knex,
    authorizer: new Authorizer({
      permissions: mockServices.permissions(),
      userInfo: mockServices.userInfo({
        ownershipEntityRefs: ['user:default/ann', 'group:default/diagnostics'],
      }),
    }),
    artifactStore: artifacts,
    stagePolicy: {
      transition: async () => ({ outcome: 'refused', message: 'no' }),
    },
    entityOwner: async () => undefined,
    onVersionCreated: async () => {},
    clock: () => (time += 1),
  });
}
