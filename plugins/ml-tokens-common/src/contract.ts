import {
  defineContract,
  entityRefSchema,
  pageOf,
  widePageQuerySchema,
} from '@downstage/common';
import { z } from 'zod';
import {
  accessTokenSchema,
  createdTokenSchema,
  createTokenSchema,
  currentTokenSchema,
  offeredScopeSchema,
  tokenOptionsSchema,
  tokenStateSchema,
} from './model/token';

/** The HTTP API of `ml-tokens`: personal and service tokens for notebooks, CI and long jobs. */
export const mlTokensContract = defineContract({
  listTokens: {
    method: 'get',
    path: '/v1/tokens',
    summary:
      "The caller's own tokens and those of their groups, newest first; administrators may name any owner",
    query: widePageQuerySchema.extend({
      owner: entityRefSchema.optional(),
      state: tokenStateSchema.optional(),
    }),
    response: pageOf(accessTokenSchema).extend({
      options: tokenOptionsSchema,
    }),
  },
  listScopes: {
    method: 'get',
    path: '/v1/scopes',
    summary: 'What tokens of this portal can be made for',
    response: z.object({ items: z.array(offeredScopeSchema) }),
  },
  createToken: {
    method: 'post',
    path: '/v1/tokens',
    summary: 'A new token; its secret is in this answer and nowhere else',
    body: createTokenSchema,
    response: createdTokenSchema,
    status: 201,
  },
  revokeToken: {
    method: 'post',
    path: '/v1/tokens/:id/revoke',
    summary: 'Ends a token at once; safe to call twice',
    params: z.object({ id: z.string().min(1).max(64) }),
    response: accessTokenSchema,
  },
  getCurrentToken: {
    method: 'get',
    path: '/v1/token',
    summary: 'Whom the token of this very request speaks for, and how far',
    response: currentTokenSchema,
  },
});
export type MlTokensContract = typeof mlTokensContract;
