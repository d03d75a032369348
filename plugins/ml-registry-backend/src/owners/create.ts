import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';
import { ModelEntityStore } from './ModelEntityStore';
import { ModelEntitySync } from './ModelEntitySync';
import { ModelProfiles } from './ModelProfiles';
import { OwnershipStore } from './OwnershipStore';

/** Owners of models, and the copy of what the catalog says of them, put together. */
export function createOwners(
  options: Omit<ConstructorParameters<typeof ModelProfiles>[0], 'ownership'> & {
    knex: Knex;
    clock: Clock;
  },
) {
  const { knex, clock } = options;
  const profiles = new ModelProfiles({
    ...options,
    ownership: new OwnershipStore(knex),
  });
  const entities = new ModelEntitySync({
    entities: new ModelEntityStore(knex),
    profiles,
    clock,
  });
  return { profiles, entities };
}
