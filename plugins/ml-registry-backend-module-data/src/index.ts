/**
 * Decides who reads what came out of guarded data. Adds a gate on the quality of the data-set versions that a model
 * version learned from.
 * Install it with `backend.add(import('@downstage/plugin-ml-registry-backend-module-data'))`.
 *
 * @packageDocumentation
 */
export { mlRegistryModuleData as default } from './module';
