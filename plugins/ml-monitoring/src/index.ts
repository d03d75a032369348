/**
 * Pages of drift monitoring.
 *
 * @packageDocumentation
 */
export { mlMonitoringPlugin as default } from './plugin';
export { mlMonitoringApiRef, type MlMonitoringApi } from './api';
export { mlMonitoringTranslationRef } from './translation';
