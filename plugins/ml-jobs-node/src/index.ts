/**
 * For backends that call jobs, and for modules that add runtimes and input resolvers.
 *
 * @packageDocumentation
 */
export { mlJobsServiceRef, type MlJobsService } from './service';
export {
  mlJobsDataAccessExtensionPoint,
  type DataAccess,
  type MlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
  mlJobsRuntimesExtensionPoint,
  type InputResolver,
  type MlJobsInputsExtensionPoint,
  type MlJobsRuntimesExtensionPoint,
} from './extensions';
export {
  endsWithPortal,
  hasIsolation,
  hasLogs,
  placeOf,
  type CancelReason,
  type JobHandle,
  type JobObservation,
  type JobRuntime,
  type JobRuntimeWithLogs,
  type JobRuntimeOfPlace,
  type JobRuntimeOfPortal,
  type JobRuntimeWithIsolation,
  type JobSpec,
  type ResolvedInput,
  type RuntimeIsolation,
  type RuntimeWarning,
  type SubmitResult,
} from './runtime';
