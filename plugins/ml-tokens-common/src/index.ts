/**
 * The contract, types and permissions of `ml-tokens`, for any runtime.
 *
 * @packageDocumentation
 */
export { mlTokensContract, type MlTokensContract } from './contract';
export {
  mlTokensCreatePermission,
  mlTokensPermissions,
  mlTokensReadPermission,
  mlTokensRevokePermission,
  mlTokensTokenScopes,
} from './permissions';
export {
  accessTokenSchema,
  createTokenSchema,
  currentTokenSchema,
  tokenNameSchema,
  type AccessToken,
  type CreatedToken,
  type CreateToken,
  type CurrentToken,
  type OfferedScope,
  type TokenBinding,
  type TokenKind,
  type TokenState,
} from './model/token';
export { tokenPattern, tokenPrefix } from './secret';
