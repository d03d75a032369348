/**
 * What other backends use of the model registry: its service ref, extension points, gates, topics.
 *
 * @packageDocumentation
 */
export {
  downloadVersionArtifact,
  mlRegistryServiceRef,
  type MlRegistryService,
} from './service';
export {
  mlRegistryArtifactHoldersExtensionPoint,
  mlRegistryArtifactStoreExtensionPoint,
  mlRegistryDataAccessExtensionPoint,
  mlRegistryGatesExtensionPoint,
  mlRegistryJobsExtensionPoint,
  mlRegistryTokensExtensionPoint,
  type MlRegistryArtifactHoldersExtensionPoint,
  type MlRegistryArtifactStoreExtensionPoint,
  type MlRegistryDataAccessExtensionPoint,
  type MlRegistryGatesExtensionPoint,
  type MlRegistryJobsExtensionPoint,
  type MlRegistryTokensExtensionPoint,
} from './extensions';
export type { DataAccess, DataAnswer } from '@downstage/node';
export type { Gate, GateSubject } from './gate';
export type { RecordedJob, TrainingJobs } from './trainingJobs';
export type { TokenVerifier } from './tokens';
export type {
  ArtifactEntry,
  ArtifactPart,
  ArtifactParts,
  ArtifactStore,
  ByteRange,
  SignedUrl,
  StoredArtifact,
} from './artifactStore';
export { checkArtifactPath } from './artifactPath';
export { Measure, release } from './measure';
export type { ArtifactHolder, HeldVersion } from './artifactHolder';
export {
  modelChangedTopic,
  promotionChangedTopic,
  stageChangedTopic,
  versionCreatedTopic,
} from './events';
export {
  createMlModelConditionalDecision,
  mlModelConditions,
  mlModelResource,
} from './permissions';
