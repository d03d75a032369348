/**
 * For backends that call jobs, and for modules that add runtimes and input resolvers.
 *
 * @packageDocumentation
 */
export {
  createMlJobConditionalDecision,
  mlJobConditions,
  mlJobResource,
} from './permissions';
export { mlJobsServiceRef, type MlJobsService } from './service';
export type { DataAccess, DataAnswer } from '@downstage/node';
export {
  mlJobsDataAccessExtensionPoint,
  type MlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
  mlJobsLogStoreExtensionPoint,
  mlJobsOutputsExtensionPoint,
  mlJobsRuntimesExtensionPoint,
  type InputFileRequest,
  type EndedJob,
  type FoundOutput,
  type InputResolver,
  type OutputLookup,
  type MlJobsOutputsExtensionPoint,
  type MlJobsInputsExtensionPoint,
  type MlJobsLogStoreExtensionPoint,
  type MlJobsRuntimesExtensionPoint,
} from './extensions';
export { planAppend, type LogEnd, type LogName, type LogStore } from './logs';
export {
  endsWithPortal,
  hasFeatures,
  hasIsolation,
  hasLogs,
  hasPassingLogs,
  hasSamples,
  hasWorkers,
  placeOf,
  type AttemptSamples,
  type CancelReason,
  type FoundInput,
  type InputAddress,
  type InputFile,
  type JobHandle,
  type JobObservation,
  type JobRuntime,
  type JobRuntimeWithLogs,
  type JobRuntimeWithPassingLogs,
  type JobRuntimeWithSamples,
  type JobRuntimeOfPlace,
  type JobRuntimeOfPortal,
  type JobRuntimeWithFeatures,
  type JobRuntimeWithIsolation,
  type JobRuntimeWithWorkers,
  type JobSpec,
  type ResolvedInput,
  type RuntimeCapacity,
  type RuntimeFeature,
  type RuntimeIsolation,
  type RuntimeWarning,
  type SourceAddress,
  type SubmitResult,
  type WorkerName,
  type WorkerObservation,
} from './runtime';
export {
  inputVariables,
  variableName,
  withInputPaths,
  type DescribedInputs,
  type InputPaths,
} from './inputVariables';
