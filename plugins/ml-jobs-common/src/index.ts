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
  mlJobsTokenScopes,
} from './permissions';
export { jobChangedTopic } from './events';
export {
  environmentSchema,
  inputDeclarationSchema,
  jobDefinitionJsonSchema,
  jobDefinitionSchema,
  jobDocumentSchema,
  outputDeclarationSchema,
  parametersSchema,
  parameterValueSchema,
  resourcesSchema,
  type InputDeclaration,
  type JobDefinition,
  type JobEnvironment,
  type OutputDeclaration,
  type Parameters,
  type ParameterValue,
  type Resources,
} from './model/definition';
export { chooseDefinition } from './reading/chooseDefinition';
export { inQuotes } from './reading/exactNumbers';
export {
  formatMistake,
  readDefinitions,
  type Mistake,
  type Place,
  type ReadDefinitions,
} from './reading/readDefinitions';
export { askForMemory, memoryToAskFor } from './model/memoryToAskFor';
export { jobExplanationSchema, type JobExplanation } from './model/explanation';
export {
  jobAttemptSchema,
  jobInputSchema,
  jobGroupSchema,
  jobLogSchema,
  jobOutputSchema,
  jobSamplesSchema,
  jobSchema,
  jobSourceSchema,
  jobStates,
  jobStateSchema,
  jobUsageSchema,
  jobWaitingSchema,
  jobWorkerSchema,
  jobTimelineEntrySchema,
  timelineStates,
  queueSchema,
  tokenIntrospectionSchema,
  type Job,
  type JobAttempt,
  type JobInput,
  type JobLog,
  type JobOutput,
  type JobSamples,
  type JobSource,
  type JobState,
  type JobUsage,
  type JobWaiting,
  type JobWorker,
  type JobTimelineEntry,
  type TimelineState,
  type Queue,
  type QueueItem,
  type TokenIntrospection,
} from './model/job';
