/**
 * What other backend plugins use of `ml-monitoring`: the service ref and the topic.
 *
 * @packageDocumentation
 */
export { mlMonitoringServiceRef, type MlMonitoringService } from './service';
export { monitorChangedTopic } from './topics';
