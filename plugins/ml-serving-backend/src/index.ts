/**
 * The backend of ml-serving. Install it with `backend.add(import('@downstage/plugin-ml-serving-backend'))`.
 * `mlRegistryModuleServing` tells the registry which versions endpoints need.
 *
 * @packageDocumentation
 */
export { mlServingPlugin as default } from './plugin';
export { mlRegistryModuleServing } from './registryModule';
