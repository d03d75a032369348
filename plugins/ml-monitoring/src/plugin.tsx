import { createContractClient } from '@downstage/common';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
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
import { RiPulseLine } from '@remixicon/react';
import { ModelHealthBlueprint } from '@downstage/react';
import { mlMonitoringApiRef } from './api';
import { useDriftHealth, useDriftingModels } from './hooks/useDriftHealth';
import { rootRouteRef } from './routes';

const api = ApiBlueprint.make({
  params: define =>
    define({
      api: mlMonitoringApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: ({ discoveryApi, fetchApi }) =>
        createContractClient({
          contract: mlMonitoringContract,
          pluginId: 'ml-monitoring',
          discoveryApi,
          fetchApi,
        }),
    }),
});

const page = PageBlueprint.make({
  params: {
    path: '/monitoring',
    routeRef: rootRouteRef,
    title: 'Monitoring',
    icon: <RiPulseLine />,
    loader: async () => {
      const { MonitoringPage } = await import('./pages/MonitoringPage');
      return <MonitoringPage />;
    },
  },
});

const monitoringContent = EntityContentBlueprint.make({
  name: 'monitoring',
  params: {
    path: 'monitoring',
    title: 'Monitoring',
    filter: { kind: 'model' },
    loader: async () => {
      const { MonitoringContent } = await import('./entity/MonitoringContent');
      return <MonitoringContent />;
    },
  },
});

const monitoringCard = EntityCardBlueprint.make({
  name: 'monitor',
  params: {
    type: 'content',
    filter: { kind: 'model' },
    loader: async () => {
      const { MonitoringCard } = await import('./entity/MonitoringCard');
      return <MonitoringCard />;
    },
  },
});

const driftHealth = ModelHealthBlueprint.make({
  params: { useHealth: useDriftHealth, useTroubled: useDriftingModels },
});

/** Drift: the Monitoring page, a model's Monitoring tab, and the card on its overview. */
export const mlMonitoringPlugin = createFrontendPlugin({
  pluginId: 'ml-monitoring',
  title: 'Monitoring',
  icon: <RiPulseLine />,
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef },
  extensions: [api, page, monitoringContent, monitoringCard, driftHealth],
});
