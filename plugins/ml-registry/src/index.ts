/**
 * The pages of the model registry.
 *
 * @packageDocumentation
 */
export { mlRegistryPlugin as default } from './plugin';
export {
  createMlRegistryApi,
  mlRegistryApiRef,
  type ArtifactOwner,
  type MlRegistryApi,
} from './shared/api';
export { rootRouteRef, runsRouteRef, versionsRouteRef } from './shared/routes';
export { mlRegistryTranslationRef } from './shared/translation';
