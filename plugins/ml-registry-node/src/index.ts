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
  mlRegistryGatesExtensionPoint,
  mlRegistryTokensExtensionPoint,
  type MlRegistryGatesExtensionPoint,
  type MlRegistryTokensExtensionPoint,
} from './extensions';
export type { Gate, GateSubject } from './gate';
export type { TokenSubject, TokenVerifier } from './tokens';
export type {
  ArtifactEntry,
  ArtifactStore,
  StoredArtifact,
} from './artifactStore';
export {
  modelChangedTopic,
  promotionChangedTopic,
  stageChangedTopic,
  versionCreatedTopic,
} from './events';
