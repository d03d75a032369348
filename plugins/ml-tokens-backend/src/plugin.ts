import { randomUUID } from 'node:crypto';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import {
  createAuthorizer,
  migrate,
  refusingActions,
  registeredOwnersServiceRef,
  tokenScopesServiceRef,
} from '@downstage/node';
import {
  mlTokensPermissions,
  mlTokensTokenScopes,
} from '@downstage/plugin-ml-tokens-common';
import {
  mlTokenResource,
  tokenVerifierServiceRef,
} from '@downstage/plugin-ml-tokens-node';
import { registerActions } from './actions/registerActions';
import { readMlTokensConfig } from './config';
import { createRouter } from './router';
import { Ownership } from './services/Ownership';
import { TokenService } from './services/TokenService';
import { TokenVerifier } from './services/TokenVerifier';
import { UseRecorder } from './services/UseRecorder';
import { TokenStore } from './stores/TokenStore';

/** Personal and service tokens. */
export const mlTokensPlugin = createBackendPlugin({
  pluginId: 'ml-tokens',
  register(env) {
    env.registerInit({
      deps: {
        actions: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
        registeredOwners: registeredOwnersServiceRef,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
        verifiers: tokenVerifierServiceRef,
      },
      async init(deps) {
        const { config, logger, verifiers } = deps;
        const lifetimes = readMlTokensConfig(config);
        const clock = () => new Date();
        const store = new TokenStore(
          await migrate(deps.database, '@downstage/plugin-ml-tokens-backend'),
        );
        const ownership = new Ownership(deps);
        const uses = new UseRecorder({ store, clock, logger });
        const verifier = new TokenVerifier({ store, ownership, uses, clock });
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: mlTokenResource,
            permissions: mlTokensPermissions,
            scopes: mlTokensTokenScopes,
          },
        });
        const tokens = new TokenService({
          ...deps,
          authorizer,
          store,
          ownership,
          lifetimes,
          clock,
          newId: randomUUID,
          onRevoked: () => verifier.forget(),
        });
        verifiers.verify = secret => verifier.verify(secret);
        deps.lifecycle.addShutdownHook(() => uses.settled());

        deps.httpRouter.use(
          createRouter({
            auditor: deps.auditor,
            httpAuth: deps.httpAuth,
            tokens,
          }),
        );
        registerActions({
          actions: refusingActions(deps.actions, deps),
          tokens,
        });

        const accepted = (
          config.getOptionalConfigArray('backend.auth.externalAccess') ?? []
        ).some(entry => entry.getOptionalString('type') === 'downstage');
        if (!accepted) {
          logger.warn(
            "Tokens can be made but nothing accepts them: add an entry of the type 'downstage' to backend.auth.externalAccess",
          );
        }
      },
    });
  },
});
