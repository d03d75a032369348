/**
 * The contract, types, permissions and event names of `ml-monitoring`, for any runtime.
 *
 * @packageDocumentation
 */
export { mlMonitoringContract, type MlMonitoringContract } from './contract';
export {
  mlMonitoringChangePermission,
  mlMonitoringConfigurePermission,
  mlMonitoringPermissions,
  mlMonitoringReadPermission,
  mlMonitoringTokenScopes,
} from './permissions';
export {
  monitorChangedChannel,
  monitorChangedSchema,
  type MonitorChanged,
} from './events';
export {
  baselineColumnSchema,
  baselineSchema,
  type Baseline,
  type BaselineColumn,
  type CategoricalBaseline,
  type NumericBaseline,
} from './model/baseline';
export {
  detectorSchema,
  monitorCountsSchema,
  monitorKindSchema,
  monitorNameSchema,
  monitorSchema,
  type InstalledDetector,
  type Monitor,
  type MonitorCounts,
} from './model/monitor';
export {
  retrainedSchema,
  retrainingSchema,
  type Retrained,
  type Retraining,
} from './model/retraining';
export {
  columnDriftSchema,
  windowSchema,
  windowSummarySchema,
  type ColumnDrift,
  type DriftHistogram,
  type Finding,
  type Window,
  type WindowSummary,
} from './model/window';
export {
  labelReceiptSchema,
  labelSchema,
  labelValueSchema,
  type Label,
  type LabelReceipt,
  type LabelValue,
} from './model/label';
export { signalSchema, type Signal } from './model/signal';
export { driftStatusSchema, type DriftStatus } from './model/status';
