import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { ArtifactRowStore } from './artifacts/ArtifactRowStore';
import type { LedgerStore } from './ledger/LedgerStore';
import { createTrackingStores } from './tracking/create';
import { RunFactStore } from './tracking/stores/RunFactStore';
import { createVersionStores } from './versions/create';

export type Stores = ReturnType<typeof createStores>;

/** The stores that several rooms use, each made once. */
export function createStores(options: {
  knex: Knex;
  ledger: LedgerStore;
  artifactStore: ArtifactStore;
}) {
  const artifactRows = new ArtifactRowStore(options.knex);
  const runFacts = new RunFactStore(options.knex);
  return {
    artifactRows,
    runFacts,
    ...createTrackingStores(options.knex),
    ...createVersionStores({ ...options, artifactRows, runFacts }),
  };
}
