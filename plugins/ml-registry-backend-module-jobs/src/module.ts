import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import {
  mlRegistryJobsExtensionPoint,
  mlRegistryTokensExtensionPoint,
} from '@downstage/plugin-ml-registry-node';
import { createTrainingJobs } from './createTrainingJobs';
import { JobTokenVerifier } from './JobTokenVerifier';

/** Asks `ml-jobs` whom a token speaks for, and lets versions be trained again. */
export const mlRegistryModuleJobs = createBackendModule({
  pluginId: 'ml-registry',
  moduleId: 'jobs',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        jobs: mlJobsServiceRef,
        training: mlRegistryJobsExtensionPoint,
        tokens: mlRegistryTokensExtensionPoint,
      },
      async init({ auth, jobs, tokens, training }) {
        training.setJobs(createTrainingJobs(jobs));
        tokens.addVerifier(
          new JobTokenVerifier({
            clock: () => new Date(),
            introspect: async token =>
              jobs.introspectToken(
                { body: { token } },
                { credentials: await auth.getOwnServiceCredentials() },
              ),
          }),
        );
      },
    });
  },
});
