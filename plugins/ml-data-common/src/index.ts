/**
 * The contract of ml-data: datasets, their versions, schemas and profiles.
 *
 * @packageDocumentation
 */
export { mlDataContract } from './contract';
export {
  mlDataGrantPermission,
  mlDataPermissions,
  mlDataReadPermission,
  mlDataWritePermission,
} from './permissions';
export {
  datasetVersionCreatedSchema,
  datasetVersionCreatedTopic,
  type DatasetVersionCreated,
} from './events';
export {
  datasetAccessSchema,
  datasetGrantSchema,
  type DatasetAccess,
  type DatasetGrant,
} from './model/access';
export {
  datasetDialectSchema,
  textEncodings,
  type DatasetDialect,
} from './model/dialect';
export {
  datasetFilesSchema,
  datasetSchema,
  type Dataset,
  type DatasetFiles,
} from './model/dataset';
export {
  columnShiftSchema,
  datasetDiffSchema,
  type ColumnShift,
  type DatasetDiff,
} from './model/datasetDiff';
export {
  datasetRegistrationSchema,
  registrationEnds,
  registrationStateSchema,
  type DatasetRegistration,
  type RegistrationState,
} from './model/registration';
export {
  columnProfileSchema,
  datasetColumnSchema,
  datasetFileSchema,
  datasetFormatSchema,
  datasetProfileSchema,
  datasetQualitySchema,
  datasetVersionSchema,
  datasetVersionSummarySchema,
  qualityStateSchema,
  type ColumnProfile,
  type DatasetColumn,
  type DatasetFile,
  type DatasetFormat,
  type DatasetProfile,
  type DatasetQuality,
  type DatasetVersion,
  type DatasetVersionSummary,
  type QualityState,
} from './model/datasetVersion';
