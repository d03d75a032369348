import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { createContractRouter, type Handlers } from '@downstage/node';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';

/** What commands of jobs ask. */
const contract = {
  submitJob: mlJobsContract.submitJob,
  listJobs: mlJobsContract.listJobs,
  getJob: mlJobsContract.getJob,
  cancelJob: mlJobsContract.cancelJob,
  rerunJob: mlJobsContract.rerunJob,
  getJobLog: mlJobsContract.getJobLog,
  getQueue: mlJobsContract.getQueue,
};
type Answers = Handlers<typeof contract>;

const notAsked = async (): Promise<never> => {
  throw new Error('The test does not say what is answered to this');
};
const nothing: Answers = {
  submitJob: notAsked,
  listJobs: notAsked,
  getJob: notAsked,
  cancelJob: notAsked,
  rerunJob: notAsked,
  getJobLog: notAsked,
  getQueue: notAsked,
};

/** A portal with the router of jobs, which reads requests as the contract says and answers as a test says. Ann calls it. */
export async function startPortalOfJobs() {
  const answers = { ...nothing };
  const groups: string[] = [];
  const jobs = createBackendPlugin({
    pluginId: 'ml-jobs',
    register: env =>
      env.registerInit({
        deps: {
          httpRouter: coreServices.httpRouter,
          httpAuth: coreServices.httpAuth,
        },
        init: async ({ httpRouter, httpAuth }) =>
          httpRouter.use(
            createContractRouter({
              contract,
              httpAuth,
              // Read at each request.
              handlers: answers,
            }),
          ),
      }),
  });
  const tokens = createBackendPlugin({
    pluginId: 'ml-tokens',
    register: env =>
      env.registerInit({
        deps: {
          httpRouter: coreServices.httpRouter,
          httpAuth: coreServices.httpAuth,
        },
        init: async ({ httpRouter, httpAuth }) => {
          const { getCurrentToken } = mlTokensContract;
          httpRouter.use(
            createContractRouter({
              contract: { getCurrentToken },
              httpAuth,
              handlers: {
                getCurrentToken: async () => ({
                  ...{ id: 't1', name: 'terminal', scopes: ['read', 'train'] },
                  actor: 'user:default/ann',
                  owns: ['user:default/ann', ...groups],
                  subject: 'token:user:default/ann',
                }),
              },
            }),
          );
        },
      }),
  });
  const backend = await startTestBackend({ features: [jobs, tokens] });
  const url = `http://localhost:${backend.server.port()}`;
  return {
    url,
    environment: {
      DOWNSTAGE_URL: url,
      DOWNSTAGE_TOKEN: mockCredentials.user.token('user:default/ann'),
    },
    /** From now on; anything else is a failure. Ann is in these groups. */
    answer(now: Partial<Answers>, inGroups = ['group:default/diagnostics']) {
      Object.assign(answers, nothing, now);
      groups.splice(0, groups.length, ...inGroups);
    },
    stop: () => backend.stop(),
  };
}
