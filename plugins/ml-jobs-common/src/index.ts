/**
 * What browsers, backends and terminals share about jobs: contract, definition, permissions, topics.
 *
 * @packageDocumentation
 */
export { mlJobsContract, type MlJobsContract } from './contract';
export {
  jobsChangePermission,
  jobsReadPermission,
  jobsSubmitPermission,
  mlJobsPermissions,
} from './permissions';
export { jobChangedTopic } from './events';
export {
  environmentSchema,
  inputDeclarationSchema,
  jobDefinitionJsonSchema,
  jobDefinitionSchema,
  parametersSchema,
  parameterValueSchema,
  resourcesSchema,
  type InputDeclaration,
  type JobDefinition,
  type JobEnvironment,
  type Parameters,
  type ParameterValue,
  type Resources,
} from './model/definition';
export {
  jobAttemptSchema,
  jobInputSchema,
  jobLogSchema,
  jobSchema,
  jobSourceSchema,
  jobStates,
  jobStateSchema,
  jobTimelineEntrySchema,
  queueSchema,
  tokenIntrospectionSchema,
  type Job,
  type JobAttempt,
  type JobInput,
  type JobLog,
  type JobSource,
  type JobState,
  type JobTimelineEntry,
  type Queue,
  type QueueItem,
  type TokenIntrospection,
} from './model/job';
