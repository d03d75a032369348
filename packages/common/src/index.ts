/**
 * Shared by every runtime: contracts, their typed client, identities.
 *
 * @packageDocumentation
 */
export {
  defineContract,
  type Contract,
  type Method,
  type Operation,
  type ParsedOf,
  type RequestOf,
  type ResponseOf,
} from './contract';
export { toOpenApi } from './openApi';
export { DATA_ACCESS_NEEDED } from './dataAccessNeeded';
export {
  createContractClient,
  type CallOptions,
  type ContractClient,
} from './client';
export {
  formatVersionRef,
  parseVersionRef,
  type VersionRef,
} from './versionRef';
export { listed } from './listed';
export { unlessAborted } from './unlessAborted';
export { mlflowNameOf, modelOfMlflowName, shownNameOf } from './mlflowName';
export {
  conditionSchema,
  entityPathSchema,
  entityRefSchema,
  pageOf,
  pageQuerySchema,
  refListSchema,
  widePageQuerySchema,
  timestampSchema,
  type Condition,
} from './schemas';
export { allItems, collectItems } from './pages';
export type { Clock, NewId } from './time';
export {
  defineTokenScopes,
  tokenScopeSchema,
  TokenScopes,
  type GrantedPermission,
  type PluginTokenScopes,
  type TokenScope,
} from './tokenScopes';
