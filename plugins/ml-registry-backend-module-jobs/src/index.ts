/**
 * Lets tokens of jobs write runs and artifacts through the MLflow API.
 *
 * @packageDocumentation
 */
export { mlRegistryModuleJobs as default } from './module';
