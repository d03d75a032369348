/**
 * Runs jobs on Kubernetes, queued by Kueue where it is installed.
 * Install it with `backend.add(import('@downstage/plugin-ml-jobs-backend-module-kubernetes'))`.
 *
 * @packageDocumentation
 */
export { mlJobsModuleKubernetes as default } from './module';
