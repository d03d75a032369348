/**
 * The pages of training jobs.
 *
 * @packageDocumentation
 */
export { mlJobsPlugin as default } from './plugin';
export { createMlJobsApi, mlJobsApiRef, type MlJobsApi } from './api';
export { rootRouteRef, trainingRouteRef } from './routes';
export { mlJobsTranslationRef } from './translation';
