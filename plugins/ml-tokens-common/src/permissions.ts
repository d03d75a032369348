import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';

/** See one's own tokens and those of one's groups; never their secrets. */
export const mlTokensReadPermission = createPermission({
  name: 'ml.tokens.read',
  attributes: { action: 'read' },
  resourceType: 'ml-token',
});

/** Make a token for oneself or for one's group. */
export const mlTokensCreatePermission = createPermission({
  name: 'ml.tokens.create',
  attributes: { action: 'create' },
  resourceType: 'ml-token',
});

/** End a token before its time. */
export const mlTokensRevokePermission = createPermission({
  name: 'ml.tokens.revoke',
  attributes: { action: 'update' },
  resourceType: 'ml-token',
});

export const mlTokensPermissions = [
  mlTokensReadPermission,
  mlTokensCreatePermission,
  mlTokensRevokePermission,
];

/** Tokens come to `ml-tokens` to ask what they are. Making and revoking them is for people. */
export const mlTokensTokenScopes = defineTokenScopes({
  pluginId: 'ml-tokens',
  scopes: {},
});
