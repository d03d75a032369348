/**
 * The model registry: MLflow tracking, versions, stages, gates, promotions.
 *
 * @packageDocumentation
 */
export { mlRegistryPlugin as default, mlRegistryPlugin } from './plugin';
