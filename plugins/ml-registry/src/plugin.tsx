import {
  ApiBlueprint,
  createExtensionInput,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { JobResultBlueprint, ModelHealthBlueprint } from '@downstage/react';
import { RiBox3Line } from '@remixicon/react';
import { createMlRegistryApi, mlRegistryApiRef } from './shared/api';
import { ReproductionResult } from './versions/reproduction/ReproductionResult';
import { rootRouteRef, runsRouteRef, versionsRouteRef } from './shared/routes';

const api = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: mlRegistryApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: createMlRegistryApi,
    }),
});

const page = PageBlueprint.makeWithOverrides({
  inputs: {
    /** How models fare, as other plugins know it. */
    health: createExtensionInput([ModelHealthBlueprint.dataRefs.source]),
  },
  factory(original, { inputs }) {
    const health = inputs.health.map(input =>
      input.get(ModelHealthBlueprint.dataRefs.source),
    );
    return original({
      path: '/models',
      title: 'Models',
      routeRef: rootRouteRef,
      loader: () =>
        import('./RegistryPages').then(({ RegistryPages }) => (
          <RegistryPages health={health} />
        )),
    });
  },
});

const isModel = { kind: 'model' };

const versionsContent = EntityContentBlueprint.make({
  name: 'versions',
  params: {
    path: '/versions',
    title: 'Versions',
    group: 'development',
    routeRef: versionsRouteRef,
    filter: isModel,
    loader: () =>
      import('./versions/VersionsContent').then(m => <m.VersionsContent />),
  },
});

const runsContent = EntityContentBlueprint.make({
  name: 'runs',
  params: {
    path: '/runs',
    title: 'Runs',
    group: 'development',
    routeRef: runsRouteRef,
    filter: isModel,
    loader: () => import('./runs/RunsContent').then(m => <m.RunsContent />),
  },
});

const productionCard = EntityCardBlueprint.make({
  name: 'production',
  params: {
    type: 'content',
    filter: isModel,
    loader: () =>
      import('./versions/ProductionCard').then(m => <m.ProductionCard />),
  },
});

const pendingApprovalsCard = EntityCardBlueprint.make({
  name: 'pending-approvals',
  params: {
    type: 'content',
    filter: isModel,
    loader: () =>
      import('./promotions/PendingApprovalsCard').then(m => (
        <m.PendingApprovalsCard />
      )),
  },
});

const reproductionResult = JobResultBlueprint.make({
  name: 'reproduction',
  params: { Result: ReproductionResult },
});

/** The pages of the model registry: models, runs, comparison, approvals, and the tabs and cards of a Model. */
export const mlRegistryPlugin = createFrontendPlugin({
  pluginId: 'ml-registry',
  title: 'Models',
  icon: <RiBox3Line />,
  info: { packageJson: () => import('../package.json') },
  routes: {
    root: rootRouteRef,
    versions: versionsRouteRef,
    runs: runsRouteRef,
  },
  extensions: [
    api,
    page,
    versionsContent,
    runsContent,
    productionCard,
    pendingApprovalsCard,
    reproductionResult,
  ],
});
