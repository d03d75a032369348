import type { Permission } from '@backstage/plugin-permission-common';
import { permissionsOfScopes, scopesWith } from '@downstage/common';
import type { TokenIdentity } from './tokenSubject';

/** Tracking is by experiment, and experiments belong to groups: a token bound to a model tracks for its owner. */
const withoutModel = new Set(['ml.registry.track']);

/** Why a token may not do this: its scopes, its binding, then whom it owns things through. `undefined` when it may. */
export function refusalOfToken(
  token: TokenIdentity,
  request: { permission: Permission; owner?: string; model?: string },
): string | undefined {
  const { permission, owner, model } = request;
  const called = `The token '${token.tokenName}' of ${token.actor}`;
  const granted = permissionsOfScopes(token.scopes);
  if (!granted.some(({ name }) => name === permission.name)) {
    const scopes = scopesWith(permission.name);
    return scopes.length
      ? `${called} has the scopes ${token.scopes.join(', ')}; ${
          permission.name
        } needs ${scopes.join(' or ')}`
      : `${called} may not use ${permission.name}: no token may; sign in to the portal`;
  }
  if (permission.attributes.action === 'read') return undefined;
  if (token.model) {
    const asked = model?.toLocaleLowerCase('en-US');
    if (asked !== undefined && asked !== token.model) {
      return `${called} is bound to ${token.model} and may not change ${model}`;
    }
    if (asked === undefined && owner && !withoutModel.has(permission.name)) {
      return `${called} is bound to ${token.model}, and this is not about that model`;
    }
  }
  if (owner && !token.groups.includes(owner)) {
    return `This belongs to ${owner}, and ${called} owns only through ${
      token.groups.join(', ') || 'nothing'
    }`;
  }
  return undefined;
}
