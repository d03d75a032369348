/**
 * Shared by every backend plugin: the contract router, the authorizer, the reconcile loop, topics.
 *
 * @packageDocumentation
 */
export {
  createContractRouter,
  parseRequest,
  type HandlerContext,
  type Handlers,
} from './http/contractRouter';
export { refusalOf, refuseInWords, StorageFullError } from './http/refusals';
export { sendContent } from './http/sendContent';
export { namespaceOfProject } from './storage/projectFolder';
export {
  registeredOwnersServiceRef,
  type RegisteredOwners,
} from './authorization/registeredOwners';
export { catalogRef, entitiesByRef } from './visibility/catalogRef';
export { HiddenEntities } from './visibility/hiddenEntities';
export { KeptAnswers } from './storage/keptAnswers';
export {
  formatRights,
  parseRights,
  rightsForJob,
  rightsForToken,
  type KeptRights,
} from './caller/keptRights';
export { oneOfMany } from './authorization/oneOfMany';
export { ownerOf } from './authorization/ownerOf';
export {
  bootId,
  identityOf,
  isAlive,
  processOf,
  type ProcessIdentity,
  type SystemProcess,
} from './processes/identity';
export { visiblePage } from './visibility/visiblePage';
export { refusingActions } from './actions/refusingActions';
export { pageInput, type ActionZod } from './actions/pageInput';
export { fetchFromPlugin } from './http/fetchFromPlugin';
export { goneSignal } from './http/goneSignal';
export {
  contractServiceRef,
  type ContractService,
} from './http/contractService';
export {
  callerOf,
  callerOfJob,
  makerOf,
  isPlugin,
  whoOf,
  type Call,
  type Caller,
  type JobCaller,
  type PersonCaller,
  type ServiceCaller,
  type TokenCaller,
} from './caller/caller';
export {
  defineMlResource,
  meets,
  sqlOfFacts,
  whereFacts,
  type FactCriteria,
  type FactName,
  type FactQuery,
  type Facts,
} from './authorization/facts';
export { jobOf, type JobIdentity } from './caller/jobSubject';
export { Authorizer, createAuthorizer } from './authorization/authorizer';
export {
  tokenScopesFactory,
  tokenScopesServiceRef,
} from './authorization/tokenScopes';
export {
  onBehalfOfHeaders,
  requestCaller,
  requestCredentials,
} from './caller/onBehalfOf';
export {
  formatTokenSubject,
  parseTokenSubject,
  tokenOf,
  type TokenIdentity,
} from './caller/tokenSubject';
export {
  audited,
  auditedRefusal,
  refusalsAudited,
  type AuditedEvent,
} from './audit/audited';
export {
  auditedContentRead,
  dataRefusal,
  type DataAccess,
  type DataAnswer,
} from './audit/guardedData';
export {
  claimDue,
  commitManyWithLease,
  commitWithLease,
  dueFrom,
  keepLeases,
  type KeptLeases,
  type Lease,
} from './reconciling/lease';
export {
  startReconciler,
  type ReconcilePatch,
  type Reconciler,
} from './reconciling/reconciler';
export {
  defineTopic,
  publishTopic,
  subscribeTopic,
  type Topic,
} from './events/topic';
export { migrate, NewerDataError } from './storage/database';
export { readDataDir } from './storage/dataDir';
