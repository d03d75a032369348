/**
 * What other backends use of ml-data.
 *
 * @packageDocumentation
 */
export { mlDataServiceRef, type MlDataService } from './service';
export { datasetVersionCreated } from './events';
