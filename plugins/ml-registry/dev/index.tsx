import { createDevApp } from '@backstage/frontend-dev-utils';
import {
  ApiBlueprint,
  createFrontendModule,
  createFrontendPlugin,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { catalogApiRef, EntityProvider } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { Flex } from '@backstage/ui';
import { PendingApprovalsCard } from '../src/promotions/PendingApprovalsCard';
import { ProductionCard } from '../src/versions/ProductionCard';
import { RunsContent } from '../src/runs/RunsContent';
import { VersionsContent } from '../src/versions/VersionsContent';
import mlRegistryPlugin from '../src';
import { mlRegistryApiRef } from '../src/shared/api';
import {
  aModel,
  aModelEntity,
  aPromotion,
  aRun,
  aSummary,
  aVersion,
} from '../src/__testUtils__/examples';
import { fakeRegistry } from '../src/__testUtils__/fakeRegistry';

// The reader of the pages here is a guest; as owner they are offered every change.
const owner = 'user:default/guest';
const entity = {
  ...aModelEntity,
  relations: [{ type: 'ownedBy', targetRef: owner }],
};

/** The pages below `/models` with data to look at and no backend. The tabs and cards of a Model are at `/catalog/default/model/tumour-malignancy/versions`. */
const data = createFrontendModule({
  pluginId: 'ml-registry',
  extensions: [
    ApiBlueprint.make({
      params: defineParams =>
        defineParams({
          api: mlRegistryApiRef,
          deps: {},
          factory: () =>
            fakeRegistry({
              models: [
                aModel({ pendingPromotions: 1 }),
                aModel({
                  name: 'fraud-score',
                  owner: 'group:default/credit',
                  risk: 'high',
                  production: undefined,
                  candidate: aSummary({ version: 3, stage: 'candidate' }),
                }),
                aModel({
                  name: 'from-a-notebook',
                  owner: undefined,
                  hasEntity: false,
                  production: undefined,
                }),
              ],
              versions: [
                aVersion({ version: 3 }),
                aVersion(),
                aVersion({
                  version: 1,
                  stage: 'production',
                  aliases: ['champion'],
                }),
              ],
              promotions: [aPromotion({ owner })],
              runs: [
                aRun(),
                aRun({
                  runId: 'run7',
                  name: 'calm-finch-7',
                  params: { C: '1', solver: 'liblinear' },
                  metrics: { auc: 0.981, loss: 0.2 },
                }),
                aRun({
                  runId: 'run9x',
                  name: 'shy-owl-9',
                  status: 'FAILED',
                  params: { C: '10', solver: 'lbfgs' },
                  metrics: { auc: 0.97, loss: 0.31 },
                }),
              ],
            }),
        }),
    }),
  ],
});

const tabs = { versions: <VersionsContent />, runs: <RunsContent /> };

const catalog = createFrontendPlugin({
  pluginId: 'catalog',
  extensions: [
    ApiBlueprint.make({
      params: defineParams =>
        defineParams({
          api: catalogApiRef,
          deps: {},
          factory: () => catalogApiMock({ entities: [entity] }),
        }),
    }),
    ...(['versions', 'runs'] as const).map(tab =>
      PageBlueprint.make({
        name: tab,
        params: {
          path: `/catalog/default/model/tumour-malignancy/${tab}`,
          title: tab,
          loader: async () => (
            <EntityProvider entity={entity}>
              <Flex direction="column" gap="4" p="4">
                {tabs[tab]}
                <ProductionCard />
                <PendingApprovalsCard />
              </Flex>
            </EntityProvider>
          ),
        },
      }),
    ),
  ],
});

createDevApp({ features: [mlRegistryPlugin, data, catalog] });
