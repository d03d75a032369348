/**
 * Pages of endpoints.
 *
 * @packageDocumentation
 */
export { mlServingPlugin as default } from './plugin';
export { mlServingApiRef, type MlServingApi } from './api';
export { mlServingTranslationRef } from './translation';
