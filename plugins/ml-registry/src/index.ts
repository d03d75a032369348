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
} from './api';
export { rootRouteRef, runsRouteRef, versionsRouteRef } from './routes';
export { mlRegistryTranslationRef } from './translation';
