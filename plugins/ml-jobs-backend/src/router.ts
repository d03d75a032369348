import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import Router from 'express-promise-router';
import { createLogRouter } from './logRouter';
import type { JobService } from './services/JobService';

/** The contract, about a line an operation, and the two ways to read a log that are not JSON. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  jobs: JobService;
}) {
  const { httpAuth, jobs } = options;
  const router = Router();
  router.use(createLogRouter({ httpAuth, jobs }));
  router.use(
    createContractRouter({
      contract: mlJobsContract,
      httpAuth,
      handlers: {
        submitJob: ({ body }, call) => jobs.submit(body, call),
        listJobs: ({ query }, { credentials }) =>
          jobs.list(query, { credentials }),
        getJob: ({ params }, { credentials }) =>
          jobs.get(params.id, { credentials }),
        cancelJob: ({ params, body }, call) =>
          jobs.cancel(params.id, body, call),
        rerunJob: ({ params, body }, call) => jobs.rerun(params.id, body, call),
        getJobLog: ({ params, query }, { credentials }) =>
          jobs.log(params.id, query, { credentials }),
        getQueue: ({ query }, { credentials }) =>
          jobs.queue(query, { credentials }),
        introspectToken: ({ body }, { credentials }) =>
          jobs.introspect(body.token, { credentials }),
      },
    }),
  );
  return router;
}
