import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';
import {
  createAuthorizer,
  defineMlResource,
  requestCaller,
  tokenScopesServiceRef,
} from '@downstage/node';
import express from 'express';

export const [read, write, approve] = (
  ['read', 'update', 'delete'] as const
).map(action =>
  createPermission({
    name: `ml.features.${action}`,
    attributes: { action },
    resourceType: 'ml-feature',
  }),
);
const resource = defineMlResource({
  pluginId: 'ml-features',
  resourceType: 'ml-feature',
});

const scopesOfFeatures = defineTokenScopes({
  pluginId: 'ml-features',
  scopes: {
    read: { allows: [read] },
    features: { allows: [read, write] },
  },
});

/** A plugin that no list of ours names. It brings permissions and a token scope. */
export const features = createBackendPlugin({
  pluginId: 'ml-features',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: resource,
            permissions: [read, write, approve],
            scopes: scopesOfFeatures,
          },
        });
        const router = express.Router();
        for (const permission of [read, write, approve]) {
          router.get(`/${permission.name}`, async (asked, response, next) => {
            try {
              const caller = await requestCaller(deps.httpAuth, asked);
              await authorizer.require({ caller, permission });
              response.json({ done: true });
            } catch (error) {
              next(error);
            }
          });
        }
        deps.httpRouter.use(router);
      },
    });
  },
});
