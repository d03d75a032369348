/**
 * The page of access tokens.
 *
 * @packageDocumentation
 */
export { mlTokensPlugin as default } from './plugin';
export { mlTokensApiRef, type MlTokensApi } from './api';
export { mlTokensTranslationRef } from './translation';
