import type { Clock } from '@downstage/common';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { ModelReads } from '../access/ModelReads';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import type { LedgerStore } from '../ledger/LedgerStore';
import { ClaimService, type ClaimDeps } from './ClaimService';
import { ModelFiles } from './ModelFiles';
import {
  RegistrationService,
  type RegistrationDeps,
} from './RegistrationService';
import { RegistryReadService } from './RegistryReadService';
import type { RunFacts } from './RunFacts';
import { SearchFacts } from './SearchFacts';
import { ModelStore } from './stores/ModelStore';
import { SearchFactStore } from './stores/SearchFactStore';
import { StageStore } from './stores/StageStore';
import { VersionQueries } from './stores/VersionQueries';
import { VersionFiles } from './VersionFiles';
import { VersionSearchService } from './VersionSearchService';

export type VersionStores = ReturnType<typeof createVersionStores>;

export function createVersionStores(options: {
  knex: Knex;
  ledger: LedgerStore;
  artifactStore: ArtifactStore;
  artifactRows: ArtifactRowStore;
  runFacts: RunFacts;
}) {
  const { knex, artifactStore, artifactRows, runFacts } = options;
  return {
    models: new ModelStore(knex),
    versions: new VersionQueries(knex, runFacts),
    stages: new StageStore(knex, options.ledger),
    facts: new SearchFactStore(knex),
    files: new ModelFiles(artifactStore),
    versionFiles: new VersionFiles({
      store: artifactStore,
      rows: artifactRows,
    }),
  };
}

/** Models and versions as MLflow's clients write and read them. */
export function createRegistration(
  deps: RegistrationDeps & {
    facts: SearchFactStore;
    files: ModelFiles;
    /** Reads entities of models that are new; searches by owner call it first. */
    readEntities: () => Promise<void>;
    clock: Clock;
  },
) {
  const searchFacts = new SearchFacts(deps);
  return {
    searchFacts,
    registration: new RegistrationService(deps),
    reads: new RegistryReadService({ ...deps, searchFacts }),
  };
}

/** What the portal asks about versions of all models, and claims of models. */
export function createVersions(
  options: Omit<ClaimDeps, 'modelStore' | 'reads'> & {
    stores: VersionStores;
    modelReads: ModelReads;
    reads: RegistryReadService;
    searchFacts: SearchFacts;
  },
) {
  const { stores, modelReads } = options;
  return {
    versionSearch: new VersionSearchService({ ...stores, ...options }),
    claims: new ClaimService({
      ...options,
      modelStore: stores.models,
      reads: modelReads,
    }),
  };
}
