import { createContractClient } from '@downstage/common';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';
import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import { RiKey2Line } from '@remixicon/react';
import { mlTokensApiRef } from './api';
import { tokensRouteRef } from './routes';

const api = ApiBlueprint.make({
  params: define =>
    define({
      api: mlTokensApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: ({ discoveryApi, fetchApi }) =>
        createContractClient({
          contract: mlTokensContract,
          pluginId: 'ml-tokens',
          discoveryApi,
          fetchApi,
        }),
    }),
});

const tab = SubPageBlueprint.make({
  name: 'access-tokens',
  attachTo: { id: 'page:user-settings', input: 'pages' },
  params: {
    path: 'access-tokens',
    title: 'Access tokens',
    icon: <RiKey2Line />,
    routeRef: tokensRouteRef,
    loader: async () => {
      const { TokensPage } = await import('./pages/TokensPage');
      return <TokensPage />;
    },
  },
});

/** Personal and service tokens: a tab of the settings page. */
export const mlTokensPlugin = createFrontendPlugin({
  pluginId: 'ml-tokens',
  title: 'Access tokens',
  icon: <RiKey2Line />,
  info: { packageJson: () => import('../package.json') },
  routes: { tokens: tokensRouteRef },
  extensions: [api, tab],
});
