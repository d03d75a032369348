import { createDevApp } from '@backstage/frontend-dev-utils';
import {
  ApiBlueprint,
  createFrontendModule,
  createFrontendPlugin,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import type { WindowSummary } from '@downstage/plugin-ml-monitoring-common';
import { Flex } from '@backstage/ui';
import mlMonitoringPlugin from '../src';
import { drifted, entity, fakeApi, monitor } from '../src/__testUtils__/show';
import { mlMonitoringApiRef } from '../src/api';
import { MonitoringCard } from '../src/entity/MonitoringCard';
import { MonitoringContent } from '../src/entity/MonitoringContent';

const { columns, epsilon, ...latest } = drifted;
const windows = Array.from({ length: 24 }, (_, index): WindowSummary => {
  const psi = [0.03, 0.05, 0.04, 0.12, 0.06][index % 5];
  return {
    ...latest,
    id: `w${24 - index}`,
    createdAt: new Date(
      Date.parse(latest.createdAt) - index * 3_600_000,
    ).toISOString(),
    ...(index > 0 && { maxPsi: psi, status: psi > 0.1 ? 'warning' : 'ok' }),
  };
});

/** `/monitoring`, and the tab and card of a Model at `/catalog/default/model/tumour-malignancy/monitoring`, with data to look at and no backend. */
const data = createFrontendModule({
  pluginId: 'ml-monitoring',
  extensions: [
    ApiBlueprint.make({
      params: define =>
        define({
          api: mlMonitoringApiRef,
          deps: {},
          factory: () =>
            fakeApi({
              listWindows: async () => ({ items: windows }),
              listMonitors: async () => ({
                items: [
                  monitor,
                  {
                    ...monitor,
                    id: 'model:default/fraud-score',
                    ref: 'model:default/fraud-score',
                    modelRef: 'model:default/fraud-score',
                    status: 'ok',
                    message: '420 predictions look like the baseline',
                    openEpisode: undefined,
                  },
                ],
              }),
            }),
        }),
    }),
  ],
});

const tab = createFrontendPlugin({
  pluginId: 'catalog',
  extensions: [
    PageBlueprint.make({
      name: 'tab',
      params: {
        path: '/catalog/default/model/tumour-malignancy/monitoring',
        title: 'Tab',
        loader: async () => (
          <EntityProvider entity={entity}>
            <Flex direction="column" gap="4" p="4">
              <MonitoringContent />
              <MonitoringCard />
            </Flex>
          </EntityProvider>
        ),
      },
    }),
  ],
});

createDevApp({ features: [mlMonitoringPlugin, data, tab] });
