import {
  ApiBlueprint,
  coreExtensionData,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { createContractClient } from '@downstage/common';
import { mlDataContract } from '@downstage/plugin-ml-data-common';
import { RiDatabase2Line } from '@remixicon/react';
import { mlDataApiRef } from './shared/api';
import { columnPickerField } from './columnPicker/formField';
import { KnownPages } from './KnownPages';
import { rootRouteRef } from './shared/routes';

const api = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: mlDataApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: deps =>
        createContractClient({
          contract: mlDataContract,
          pluginId: 'ml-data',
          ...deps,
        }),
    }),
});

const page = PageBlueprint.makeWithOverrides({
  *factory(original, { inputs }) {
    const known = inputs.pages.map(input =>
      input.get(coreExtensionData.routePath),
    );
    const made = original({
      path: '/datasets',
      title: 'Data & features',
      icon: <RiDatabase2Line />,
      routeRef: rootRouteRef,
    });
    for (const value of made) {
      // The blueprint draws nothing below an address that none of its pages has.
      yield value.id === coreExtensionData.reactElement.id
        ? coreExtensionData.reactElement(
            <KnownPages paths={known}>
              {made.get(coreExtensionData.reactElement)}
            </KnownPages>,
          )
        : value;
    }
  },
});

const datasetsPage = SubPageBlueprint.make({
  name: 'datasets',
  params: {
    path: 'list',
    title: 'Datasets',
    loader: async () => {
      const { DatasetsPage } = await import('./datasets/DatasetsPage');
      return <DatasetsPage />;
    },
  },
});

const featuresPage = SubPageBlueprint.make({
  name: 'features',
  params: {
    path: 'features',
    title: 'Feature views',
    loader: async () => {
      const { FeaturesPage } = await import('./features/FeaturesPage');
      return <FeaturesPage />;
    },
  },
});

const versionsContent = EntityContentBlueprint.make({
  name: 'versions',
  params: {
    path: '/versions',
    title: 'Versions',
    filter: { kind: 'dataset' },
    loader: async () => {
      const { VersionsContent } = await import('./versions/VersionsContent');
      return <VersionsContent />;
    },
  },
});

const profileContent = EntityContentBlueprint.make({
  name: 'profile',
  params: {
    path: '/profile',
    title: 'Profile',
    filter: { kind: 'dataset' },
    loader: async () => {
      const { ProfileContent } = await import('./profile/ProfileContent');
      return <ProfileContent />;
    },
  },
});

const usedByContent = EntityContentBlueprint.make({
  name: 'used-by',
  params: {
    path: '/used-by',
    title: 'Used by',
    filter: { kind: 'dataset' },
    loader: async () => {
      const { UsedByContent } = await import('./datasets/UsedByContent');
      return <UsedByContent />;
    },
  },
});

const datasetCard = EntityCardBlueprint.make({
  name: 'dataset',
  params: {
    type: 'content',
    filter: { kind: 'dataset' },
    loader: async () => {
      const { DatasetCard } = await import('./datasets/DatasetCard');
      return <DatasetCard />;
    },
  },
});

const accessCard = EntityCardBlueprint.make({
  name: 'access',
  params: {
    type: 'content',
    filter: { kind: 'dataset' },
    loader: async () => {
      const { AccessCard } = await import('./access/AccessCard');
      return <AccessCard />;
    },
  },
});

const featureCard = EntityCardBlueprint.make({
  name: 'feature',
  params: {
    type: 'content',
    filter: { kind: 'feature' },
    loader: async () => {
      const { FeatureCard } = await import('./features/FeatureCard');
      return <FeatureCard />;
    },
  },
});

/** Data & features: the page, the tabs and cards of a Dataset, the card of a Feature. */
export const mlDataPlugin = createFrontendPlugin({
  pluginId: 'ml-data',
  title: 'Data & features',
  icon: <RiDatabase2Line />,
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef },
  extensions: [
    api,
    page,
    datasetsPage,
    featuresPage,
    versionsContent,
    profileContent,
    usedByContent,
    datasetCard,
    accessCard,
    featureCard,
    columnPickerField,
  ],
});
