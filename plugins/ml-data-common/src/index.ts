/**
 * The contract of ml-data: datasets, their versions, schemas and profiles.
 *
 * @packageDocumentation
 */
export { mlDataContract, mostDatasetsChecked } from './contract';
export {
  mlDataGrantPermission,
  mlDataPermissions,
  mlDataReadPermission,
  mlDataWritePermission,
  mlDataTokenScopes,
} from './permissions';
export {
  datasetVersionCreatedSchema,
  datasetVersionCreatedTopic,
  type DatasetVersionCreated,
} from './events';
export {
  datasetAccessAnswerSchema,
  datasetAccessSchema,
  datasetGrantSchema,
  type DatasetAccess,
  type DatasetAccessAnswer,
  type DatasetGrant,
} from './model/access';
export {
  datasetDialectSchema,
  textEncodings,
  type DatasetDialect,
} from './model/dialect';
export {
  datasetFileAddressSchema,
  datasetFilesSchema,
  datasetSchema,
  type Dataset,
  type DatasetFileAddress,
  type DatasetFiles,
} from './model/dataset';
export {
  datasetContentPath,
  datasetContentQuerySchema,
  type DatasetContentQuery,
} from './model/content';
export {
  columnShiftSchema,
  datasetDiffSchema,
  type ColumnShift,
  type DatasetDiff,
} from './model/datasetDiff';
export { datasetPreviewSchema, type DatasetPreview } from './model/preview';
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
