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
} from './contractRouter';
export { refusalOf, refuseInWords, StorageFullError } from './refusals';
export {
  registeredOwnersServiceRef,
  type RegisteredOwners,
} from './registeredOwners';
export { refusingActions } from './refusingActions';
export { contractServiceRef, type ContractService } from './contractService';
export {
  callerOf,
  callerOfJob,
  makerOf,
  whoOf,
  type Call,
  type Caller,
  type JobCaller,
  type PersonCaller,
  type ServiceCaller,
  type TokenCaller,
} from './caller';
export {
  defineMlResource,
  meets,
  whereFacts,
  type FactCriteria,
  type FactName,
  type FactQuery,
  type Facts,
} from './facts';
export { formatJobSubject, jobOf, type JobIdentity } from './jobSubject';
export { Authorizer, createAuthorizer } from './authorizer';
export {
  onBehalfOfHeaders,
  requestCaller,
  requestCredentials,
} from './onBehalfOf';
export {
  formatTokenSubject,
  parseTokenSubject,
  tokenOf,
  type TokenIdentity,
} from './tokenSubject';
export { audited, auditedRefusal, type AuditedEvent } from './audited';
export { claimDue, commitWithLease, type Lease } from './lease';
export {
  startReconciler,
  type ReconcilePatch,
  type Reconciler,
} from './reconciler';
export { defineTopic, publishTopic, subscribeTopic, type Topic } from './topic';
export { migrate, NewerDataError } from './database';
export { readDataDir } from './dataDir';
