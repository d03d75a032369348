/**
 * The kinds Model, Dataset and Feature in the catalog, and single columns and features in search.
 *
 * @packageDocumentation
 */
export { catalogModuleMl as default } from './module';
export { searchModuleMl } from './search/module';
export type { MlFieldDocument } from './search/toDocuments';
