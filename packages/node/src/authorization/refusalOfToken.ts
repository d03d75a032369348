import type { Permission } from '@backstage/plugin-permission-common';
import { listed, type TokenScopes } from '@downstage/common';
import { wasAskedAbout } from '../caller/tokenPermissions';
import type { TokenIdentity } from '../caller/tokenSubject';

/**
 * Why a token may not do this: its scopes, what the policy was asked, its binding, then whom it owns things through.
 * `undefined` when it may.
 */
export function refusalOfToken(
  token: TokenIdentity,
  tokenScopes: TokenScopes,
  request: { permission: Permission; owner?: string; model?: string },
): string | undefined {
  const { permission, owner, model } = request;
  const named = `token '${token.tokenName}' of ${token.actor}`;
  const called = `The ${named}`;
  if (!tokenScopes.allow(token.scopes, permission.name)) {
    const scopes = tokenScopes.scopesWith(permission.name);
    return scopes.length
      ? `${called} has the scopes ${token.scopes.join(', ')}; ${
          permission.name
        } needs ${scopes.join(' or ')}`
      : `${called} may not use ${permission.name}: no token may; sign in to the portal`;
  }
  if (!wasAskedAbout(token, permission.name)) {
    return `${called} may not use ${permission.name}: the policy was not asked about it when the token was made; make a new token`;
  }
  if (permission.attributes.action === 'read') return undefined;
  if (token.model) {
    const asked = model?.toLocaleLowerCase('en-US');
    if (asked !== undefined && asked !== token.model) {
      return `${called} is bound to ${token.model} and may not change ${model}`;
    }
    if (
      asked === undefined &&
      owner &&
      !tokenScopes.isOfOwner(permission.name)
    ) {
      return `${called} is bound to ${token.model}, and this is not about that model`;
    }
  }
  if (owner && !token.groups.includes(owner)) {
    return `This belongs to ${owner}, and the ${named} owns only through ${
      listed(token.groups) || 'nothing'
    }`;
  }
  return undefined;
}
