/**
 * Keeps the artifacts of the model registry in S3, or in a server that speaks its API.
 *
 * @packageDocumentation
 */
export { mlRegistryModuleS3 as default } from './module';
