/**
 * Drift monitoring: install it with `backend.add(import('@downstage/plugin-ml-monitoring-backend'))`.
 *
 * @packageDocumentation
 */
export { mlMonitoringPlugin as default } from './plugin';
