/**
 * The pages of ml-data for a Backstage app of the new frontend system.
 *
 * @packageDocumentation
 */
export { mlDataPlugin as default } from './plugin';
export { mlDataApiRef, type MlDataApi } from './shared/api';
export { mlDataTranslationRef } from './shared/translation';
