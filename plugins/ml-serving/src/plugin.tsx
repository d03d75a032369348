import { createContractClient } from '@downstage/common';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { RiBroadcastLine } from '@remixicon/react';
import { ModelHealthBlueprint } from '@downstage/react';
import { mlServingApiRef } from './api';
import {
  useEndpointHealth,
  useTroubledEndpoints,
} from './hooks/useEndpointHealth';
import { rootRouteRef } from './routes';

const api = ApiBlueprint.make({
  params: define =>
    define({
      api: mlServingApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: ({ discoveryApi, fetchApi }) =>
        createContractClient({
          contract: mlServingContract,
          pluginId: 'ml-serving',
          discoveryApi,
          fetchApi,
        }),
    }),
});

const page = PageBlueprint.make({
  params: {
    path: '/endpoints',
    routeRef: rootRouteRef,
    title: 'Endpoints',
    icon: <RiBroadcastLine />,
    loader: async () => {
      const { ServingPages } = await import('./pages/ServingPages');
      return <ServingPages />;
    },
  },
});

const servingContent = EntityContentBlueprint.make({
  name: 'serving',
  params: {
    path: 'serving',
    title: 'Serving',
    filter: { kind: 'model' },
    loader: async () => {
      const { ServingContent } = await import('./entity/ServingContent');
      return <ServingContent />;
    },
  },
});

const endpointCard = EntityCardBlueprint.make({
  name: 'endpoint',
  params: {
    type: 'content',
    filter: { kind: 'model' },
    loader: async () => {
      const { EndpointCard } = await import('./entity/EndpointCard');
      return <EndpointCard />;
    },
  },
});

const endpointHealth = ModelHealthBlueprint.make({
  params: { useHealth: useEndpointHealth, useTroubled: useTroubledEndpoints },
});

/** Endpoints: the page, a model's Serving tab, and the card on its overview. */
export const mlServingPlugin = createFrontendPlugin({
  pluginId: 'ml-serving',
  title: 'Endpoints',
  icon: <RiBroadcastLine />,
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef },
  extensions: [api, page, servingContent, endpointCard, endpointHealth],
});
