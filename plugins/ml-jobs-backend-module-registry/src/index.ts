/**
 * Looks for models and artifacts that jobs declare as outputs.
 * Install it with `backend.add(import('@downstage/plugin-ml-jobs-backend-module-registry'))`.
 *
 * @packageDocumentation
 */
export { mlJobsModuleRegistry as default } from './module';
