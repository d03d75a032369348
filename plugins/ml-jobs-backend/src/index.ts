/**
 * Training and other runs of code: queue, attempts, logs, and the runtime that runs them as local processes.
 *
 * @packageDocumentation
 */
export { mlJobsPlugin as default } from './plugin';
