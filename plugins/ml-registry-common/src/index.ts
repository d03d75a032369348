/**
 * The model registry's contract: tracking, versions, stages, promotion.
 *
 * @packageDocumentation
 */
export { mlRegistryContract, type MlRegistryContract } from './contract';
export { createMlRegistryClient, type MlRegistryClient } from './client';
export {
  mlRegistryApprovePermission,
  mlRegistryCollectGarbagePermission,
  mlRegistryBreakGlassPermission,
  mlRegistryWebhooksPermission,
  mlRegistryImportPermission,
  mlRegistryPermissions,
  mlRegistryPromotePermission,
  mlRegistryReadPermission,
  mlRegistryRegisterPermission,
  mlRegistryTrackPermission,
  mlRegistryTokenScopes,
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
  letsPass,
  waiverSchema,
  type GateStatus,
  type GateVerdict,
  type Waiver,
} from './model/gate';
export { checkRunFilter, type FilterFault } from './search/checkRunFilter';
export {
  completeRunFilter,
  type Completion,
  type LoggedNames,
} from './search/completeRunFilter';
export { parseFilter } from './search/parseFilter';
export { parseOrderBy, type SearchOrder } from './search/parseOrderBy';
export { type Comparison, type FilterOperator } from './search/readFilter';
export { pythonSpace, pythonWord } from './search/pythonClasses';
export { runNames, type RunAttribute } from './search/runNames';
export {
  type Named,
  type SearchEntity,
  type SearchNames,
} from './search/searchNames';
export { foundVersionSchema, type FoundVersion } from './model/search';
export {
  artifactFileSchema,
  breakGlassSchema,
  datasetInputSchema,
  metricsSchema,
  modelVersionSchema,
  signatureSchema,
  versionSummarySchema,
  type ArtifactFile,
  type BreakGlass,
  type DatasetInput,
  type ModelVersion,
  type Signature,
  type VersionSummary,
} from './model/version';
export {
  isLedgerAction,
  ledgerActions,
  ledgerActionSchema,
  ledgerWordSchema,
  ledgerEntrySchema,
  productionAtSchema,
  productionChangeSchema,
  type LedgerAction,
  type LedgerEntry,
  type ProductionAt,
  type ProductionChange,
} from './model/ledger';
export { ledgerFilterSchema } from './contract/ledger';
export {
  cardFieldNames,
  cardFields,
  declaredCardSchema,
  isCardField,
  modelCardSchema,
  type CardField,
  type CardMetric,
  type DeclaredCard,
  type ModelCard,
  type VerifiedCard,
} from './model/card';
export {
  comparisonSections,
  pinnedJobSchema,
  reproductionSchema,
  versionComparisonSchema,
  type ComparisonRow,
  type MetricMatch,
  type PinnedJob,
  type Reproduction,
  type VersionComparison,
} from './model/comparison';
export {
  modelSignatureSchema,
  type ModelSignature,
} from './model/modelSignature';
export {
  historyEntrySchema,
  catalogConflictSchema,
  modelCountsSchema,
  modelListFilterSchema,
  modelSchema,
  modelSortSchema,
  type CatalogConflict,
  type HistoryEntry,
  type Model,
  type ModelCounts,
  type ModelListFilter,
  type ModelSort,
} from './model/model';
export {
  approvalRuleSchema,
  approvalSchema,
  evidenceSchema,
  fileEvidenceSchema,
  lapseSchema,
  measurementSchema,
  promotionPreviewSchema,
  promotionSchema,
  promotionFilterSchema,
  promotionStateSchema,
  type Approval,
  type ApprovalRule,
  type Evidence,
  type FileEvidence,
  type Lapse,
  type Measurement,
  type Promotion,
  type PromotionPreview,
  type PromotionFilter,
  type PromotionState,
} from './model/promotion';
export {
  experimentSchema,
  metricPointSchema,
  runSchema,
  runStatuses,
  type Experiment,
  type MetricPoint,
  type Run,
} from './model/run';
export {
  metricSeriesSchema,
  runColumnSchema,
  runFieldsSchema,
  runModelSchema,
  runSortSchema,
  runTablePageSchema,
  runViewSchema,
  seriesAxisSchema,
  type MetricSeries,
  type RunFields,
  type RunModel,
  type RunSort,
  type RunTablePage,
  type RunView,
  type SeriesAxis,
} from './model/runTable';
export {
  deliveryStateSchema,
  mlflowWebhookEvents,
  webhookDeliverySchema,
  webhookEvents,
  webhookEventSchema,
  webhookSchema,
  webhookStatusSchema,
  webhookTestSchema,
  type DeliveryState,
  type Webhook,
  type WebhookDelivery,
  type WebhookEvent,
  type WebhookStatus,
  type WebhookTest,
} from './model/webhooks';
export {
  garbageCollectionSchema,
  garbageItemSchema,
  garbageKindSchema,
  keptSchema,
  type GarbageCollection,
  type GarbageItem,
  type GarbageKind,
  type Kept,
} from './model/garbage';
export {
  importCountSchema,
  importKinds,
  importKindSchema,
  importOmissionSchema,
  importStagesSchema,
  importStateSchema,
  registryImportSchema,
  type ImportCount,
  type ImportKind,
  type ImportOmission,
  type ImportStages,
  type ImportState,
  type RegistryImport,
} from './model/import';
