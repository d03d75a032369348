import {
  ApiBlueprint,
  createExtensionInput,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
} from '@backstage/frontend-plugin-api';
import { EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { JobResultBlueprint } from '@downstage/react';
import { RiPlayCircleLine } from '@remixicon/react';
import { createMlJobsApi, mlJobsApiRef } from './api';
import { rootRouteRef, trainingRouteRef } from './routes';

const api = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: mlJobsApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: createMlJobsApi,
    }),
});

const page = PageBlueprint.makeWithOverrides({
  inputs: {
    /** What came of a job, as other plugins know it. */
    results: createExtensionInput([JobResultBlueprint.dataRefs.result]),
  },
  factory(original, { inputs }) {
    const results = inputs.results.map(input =>
      input.get(JobResultBlueprint.dataRefs.result),
    );
    return original({
      path: '/training',
      title: 'Training',
      routeRef: rootRouteRef,
      loader: () =>
        import('./pages/TrainingPages').then(m => (
          <m.TrainingPages results={results} />
        )),
    });
  },
});

const trainingContent = EntityContentBlueprint.make({
  name: 'training',
  params: {
    path: '/training',
    title: 'Training',
    group: 'development',
    routeRef: trainingRouteRef,
    filter: { kind: 'model' },
    loader: () =>
      import('./entity/TrainingContent').then(({ TrainingContent }) => (
        <TrainingContent />
      )),
  },
});

/** The pages of training jobs: list, job with its log, and the tab of a Model. */
export const mlJobsPlugin = createFrontendPlugin({
  pluginId: 'ml-jobs',
  title: 'Training',
  icon: <RiPlayCircleLine />,
  info: { packageJson: () => import('../package.json') },
  routes: { root: rootRouteRef, training: trainingRouteRef },
  extensions: [api, page, trainingContent],
});
