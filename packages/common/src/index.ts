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
export {
  conditionSchema,
  entityPathSchema,
  entityRefSchema,
  pageOf,
  pageQuerySchema,
  timestampSchema,
  type Condition,
} from './schemas';
export { allItems, collectItems } from './pages';
export type { Clock, NewId } from './time';
export {
  permissionsOfScopes,
  personalScopes,
  scopesWith,
  tokenScopes,
  tokenScopeSchema,
  type GrantedPermission,
  type TokenScope,
} from './tokenScopes';
