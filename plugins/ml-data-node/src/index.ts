/**
 * What other backends use of ml-data.
 *
 * @packageDocumentation
 */
export {
  createMlDatasetConditionalDecision,
  mlDatasetConditions,
  mlDatasetResource,
} from './permissions';
export { dataAccessOf } from './dataAccess';
export { mlDataServiceRef, type MlDataService } from './service';
export { datasetVersionCreated } from './events';
export { openDatasetContent } from './openDatasetContent';
