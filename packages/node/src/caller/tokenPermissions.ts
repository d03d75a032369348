import type { TokenScopes } from '@downstage/common';
import type { TokenIdentity } from './tokenSubject';

/** Whether a token has a permission: by its scopes as they are now, and by what the policy was asked when it was made. */
export function hasPermission(
  token: Pick<TokenIdentity, 'scopes' | 'permissions'>,
  tokenScopes: TokenScopes,
  permission: string,
): boolean {
  return (
    tokenScopes.allow(token.scopes, permission) &&
    wasAskedAbout(token, permission)
  );
}

/** Whether the policy allowed a permission when the token was made; true for tokens that do not say. */
export function wasAskedAbout(
  { permissions }: Pick<TokenIdentity, 'permissions'>,
  permission: string,
): boolean {
  return permissions === undefined || permissions.includes(permission);
}
