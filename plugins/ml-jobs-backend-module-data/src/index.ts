/**
 * Lets jobs name dataset versions as their inputs.
 * Install it with `backend.add(import('@downstage/plugin-ml-jobs-backend-module-data'))`.
 *
 * @packageDocumentation
 */
export { mlJobsModuleData as default } from './module';
