import { createPermission } from '@backstage/plugin-permission-common';

/** See one's own tokens and those of one's groups; never their secrets. */
export const mlTokensReadPermission = createPermission({
  name: 'ml.tokens.read',
  attributes: { action: 'read' },
});

/** Make a token for oneself or for one's group. */
export const mlTokensCreatePermission = createPermission({
  name: 'ml.tokens.create',
  attributes: { action: 'create' },
});

/** End a token before its time. */
export const mlTokensRevokePermission = createPermission({
  name: 'ml.tokens.revoke',
  attributes: { action: 'update' },
});

export const mlTokensPermissions = [
  mlTokensReadPermission,
  mlTokensCreatePermission,
  mlTokensRevokePermission,
];
