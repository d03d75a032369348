/**
 * The contract, types, permissions and event names of `ml-monitoring`, for any runtime.
 *
 * @packageDocumentation
 */
export { mlMonitoringContract, type MlMonitoringContract } from './contract';
export {
  mlMonitoringChangePermission,
  mlMonitoringPermissions,
  mlMonitoringReadPermission,
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
  monitorCountsSchema,
  monitorSchema,
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
  driftStatusSchema,
  windowSchema,
  windowSummarySchema,
  type ColumnDrift,
  type DriftHistogram,
  type DriftStatus,
  type Finding,
  type Window,
  type WindowSummary,
} from './model/window';
