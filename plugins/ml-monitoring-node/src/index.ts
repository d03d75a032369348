/**
 * What other backend plugins use of `ml-monitoring`: the service ref, the topic, and where detectors are installed.
 *
 * @packageDocumentation
 */
export {
  createMlMonitorConditionalDecision,
  mlMonitorConditions,
  mlMonitorResource,
} from './permissions';
export { mlMonitoringServiceRef, type MlMonitoringService } from './service';
export { monitorChangedTopic } from './topics';
export { createDetector } from './createDetector';
export type {
  ColumnCounts,
  ConfiguredDetector,
  Detector,
  DetectorLimits,
  DetectorNeeds,
  DetectorWindow,
  Evaluation,
} from './detector';
export {
  mlMonitoringDetectorsExtensionPoint,
  type MlMonitoringDetectorsExtensionPoint,
} from './extensions';
