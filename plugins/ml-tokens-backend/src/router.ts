import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';
import type express from 'express';
import Router from 'express-promise-router';
import type { TokenService } from './services/TokenService';

/** The contract, turned into calls of the service. Answers may hold a secret, so nobody on the way keeps them. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  tokens: TokenService;
}): express.Router {
  const { httpAuth, tokens } = options;
  const router = Router();
  router.use((_, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });
  router.use(
    createContractRouter({
      contract: mlTokensContract,
      httpAuth,
      auditor: options.auditor,
      handlers: {
        listTokens: ({ query }, call) => tokens.list(query, call),
        listScopes: (_, call) => tokens.listScopes({}, call),
        createToken: ({ body }, call) => tokens.create(body, call),
        revokeToken: ({ params }, call) => tokens.revoke(params.id, call),
        getCurrentToken: (_, call) => tokens.current({}, call),
      },
    }),
  );
  return router;
}
