import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { DataAccess } from '@downstage/node';
import type { ArtifactHolder } from './artifactHolder';
import type { ArtifactStore } from './artifactStore';
import type { Gate } from './gate';
import type { TokenVerifier } from './tokens';
import type { TrainingJobs } from './trainingJobs';

/** Adds gates to every promotion. */
export interface MlRegistryGatesExtensionPoint {
  addGate(gate: Gate): void;
}

/** Where modules add gates: the registry asks whatever gates are installed. */
export const mlRegistryGatesExtensionPoint =
  createExtensionPoint<MlRegistryGatesExtensionPoint>({
    id: 'ml-registry.gates',
  });

/** Tells the registry of the jobs that train models. */
export interface MlRegistryJobsExtensionPoint {
  /** @throws when another module has set them */
  setJobs(jobs: TrainingJobs): void;
}

/** Where a module lets the registry read and submit jobs; without one, versions cannot be trained again from here. */
export const mlRegistryJobsExtensionPoint =
  createExtensionPoint<MlRegistryJobsExtensionPoint>({
    id: 'ml-registry.jobs',
  });

/** Adds kinds of tokens the MLflow API accepts beside Backstage's own. */
export interface MlRegistryTokensExtensionPoint {
  addVerifier(verifier: TokenVerifier): void;
}

/** Where modules add token verifiers. */
export const mlRegistryTokensExtensionPoint =
  createExtensionPoint<MlRegistryTokensExtensionPoint>({
    id: 'ml-registry.tokens',
  });

/** Puts the artifacts somewhere else than into a folder of the portal. */
export interface MlRegistryArtifactStoreExtensionPoint {
  /** @throws when another module has set one */
  setStore(store: ArtifactStore): void;
}

/** Where a module sets the artifact store. */
export const mlRegistryArtifactStoreExtensionPoint =
  createExtensionPoint<MlRegistryArtifactStoreExtensionPoint>({
    id: 'ml-registry.artifact-store',
  });

/** Adds those who know which versions are still needed. */
export interface MlRegistryArtifactHoldersExtensionPoint {
  addArtifactHolder(holder: ArtifactHolder): void;
}

/** Where modules keep versions from being collected as garbage. */
export const mlRegistryArtifactHoldersExtensionPoint =
  createExtensionPoint<MlRegistryArtifactHoldersExtensionPoint>({
    id: 'ml-registry.artifact-holders',
  });

/** Lets somebody decide who reads what came out of data sets. */
export interface MlRegistryDataAccessExtensionPoint {
  /** @throws when another module has set it */
  setDataAccess(access: DataAccess): void;
}

/**
 * Where the one who decides about data is installed. Without it the registry cannot know which data is guarded: what
 * came out of any declared data set is for the owner of the run only.
 */
export const mlRegistryDataAccessExtensionPoint =
  createExtensionPoint<MlRegistryDataAccessExtensionPoint>({
    id: 'ml-registry.data-access',
  });
