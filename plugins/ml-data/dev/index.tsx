import { createDevApp } from '@backstage/frontend-dev-utils';
import {
  ApiBlueprint,
  createFrontendModule,
  createFrontendPlugin,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  catalogApiRef,
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { Container } from '@backstage/ui';
import mlDataPlugin from '../src';
import { DatasetCard } from '../src/datasets/DatasetCard';
import { FeatureCard } from '../src/features/FeatureCard';
import { ProfileContent } from '../src/profile/ProfileContent';
import { UsedByContent } from '../src/datasets/UsedByContent';
import { VersionsContent } from '../src/versions/VersionsContent';
import { dataset, feature } from '../src/testUtils';

// The pages of ml-data against `plugins/ml-data-backend/dev`. Tabs and cards are at /catalog/versions, /catalog/profile …
const masses = {
  ...dataset,
  metadata: { ...dataset.metadata, name: 'breast-masses' },
  relations: [
    ...dataset.relations.slice(1),
    { type: 'ownedBy', targetRef: 'user:default/guest' },
  ],
};
const cells = {
  ...feature,
  spec: {
    ...feature.spec,
    features: [
      { name: 'mean_radius', type: 'double', description: 'Mean radius' },
      { name: 'mean_texture', type: 'double' },
    ],
  },
  relations: [
    ...feature.relations,
    { type: 'computedFrom', targetRef: 'dataset:default/breast-masses' },
  ].filter(({ targetRef }) => targetRef !== 'dataset:default/masses'),
};

const tabs = {
  versions: [masses, <VersionsContent />],
  profile: [masses, <ProfileContent />],
  'used-by': [masses, <UsedByContent />],
  dataset: [masses, <DatasetCard />],
  feature: [cells, <FeatureCard />],
} as const;

createDevApp({
  features: [
    mlDataPlugin,
    createFrontendModule({
      pluginId: 'catalog',
      extensions: [
        ApiBlueprint.make({
          params: defineParams =>
            defineParams({
              api: catalogApiRef,
              deps: {},
              factory: () => catalogApiMock({ entities: [masses, cells] }),
            }),
        }),
      ],
    }),
    createFrontendPlugin({
      pluginId: 'catalog',
      routes: { catalogEntity: entityRouteRef },
      extensions: [
        PageBlueprint.make({
          name: 'entity',
          params: {
            path: '/catalog/:namespace/:kind/:name',
            title: 'Entity',
            routeRef: entityRouteRef,
            loader: async () => <Container>The page of an entity</Container>,
          },
        }),
        ...Object.entries(tabs).map(([name, [entity, element]]) =>
          PageBlueprint.make({
            name,
            params: {
              path: `/catalog/${name}`,
              title: name,
              loader: async () => (
                <EntityProvider entity={entity}>
                  <Container>{element}</Container>
                </EntityProvider>
              ),
            },
          }),
        ),
      ],
    }),
  ],
});
