/**
 * The model registry's contract: tracking, versions, stages, promotion.
 *
 * @packageDocumentation
 */
export { mlRegistryContract, type MlRegistryContract } from './contract';
export { createMlRegistryClient, type MlRegistryClient } from './client';
export {
  mlRegistryApprovePermission,
  mlRegistryPermissions,
  mlRegistryPromotePermission,
  mlRegistryReadPermission,
  mlRegistryRegisterPermission,
  mlRegistryTrackPermission,
} from './permissions';
export {
  mlRegistryTopics,
  promotionChangedSchema,
  stageChangedSchema,
  modelChangedSchema,
  versionCreatedSchema,
  type PromotionChanged,
  type StageChanged,
  type VersionCreated,
} from './events';
export {
  mlRegistryErrorCodes,
  RegistryConflictError,
  type MlRegistryErrorCode,
} from './errors';
export {
  promotionTargetSchema,
  stageAliases,
  stageSchema,
  type PromotionTarget,
  type Stage,
} from './model/stage';
export {
  gateStatusSchema,
  gateVerdictSchema,
  type GateVerdict,
} from './model/gate';
export {
  artifactFileSchema,
  datasetInputSchema,
  metricsSchema,
  modelVersionSchema,
  signatureSchema,
  versionSummarySchema,
  type ArtifactFile,
  type DatasetInput,
  type ModelVersion,
  type Signature,
  type VersionSummary,
} from './model/version';
export {
  historyEntrySchema,
  modelSchema,
  type HistoryEntry,
  type Model,
} from './model/model';
export {
  approvalSchema,
  evidenceSchema,
  promotionPreviewSchema,
  promotionSchema,
  promotionStateSchema,
  type Approval,
  type Evidence,
  type Promotion,
  type PromotionPreview,
  type PromotionState,
} from './model/promotion';
export {
  experimentSchema,
  metricPointSchema,
  runSchema,
  type Experiment,
  type MetricPoint,
  type Run,
} from './model/run';
export {
  metricSeriesSchema,
  runColumnSchema,
  runFieldsSchema,
  runModelSchema,
  runTablePageSchema,
  runViewSchema,
  seriesAxisSchema,
  type MetricSeries,
  type RunFields,
  type RunModel,
  type RunTablePage,
  type RunView,
  type SeriesAxis,
} from './model/runTable';
