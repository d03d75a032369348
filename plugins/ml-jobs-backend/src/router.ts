import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import Router from 'express-promise-router';
import { createAttemptRouter } from './attemptRouter';
import { createLogRouter } from './logRouter';
import { createSchemaRouter } from './schemaRouter';
import type { AttemptService } from './services/AttemptService';
import type { JobService } from './services/JobService';
import type { UsageService } from './services/UsageService';

/** The contract, about a line an operation, and what is not JSON: logs, and what attempts fetch. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  jobs: JobService;
  attempts: AttemptService;
  usage: UsageService;
}) {
  const { httpAuth, jobs, attempts, usage } = options;
  const router = Router();
  router.use(createAttemptRouter({ attempts }));
  router.use(createSchemaRouter());
  router.use(createLogRouter({ httpAuth, jobs }));
  router.use(
    createContractRouter({
      contract: mlJobsContract,
      httpAuth,
      auditor: options.auditor,
      reads: ['introspectToken'],
      handlers: {
        submitJob: ({ body }, call) => jobs.submit(body, call),
        listJobs: ({ query }, call) => jobs.list(query, call),
        getJob: ({ params }, call) => jobs.get(params.id, call),
        cancelJob: ({ params, body }, call) =>
          jobs.cancel({ ...body, ...params }, call),
        holdJob: ({ params, body }, call) =>
          jobs.hold({ ...body, ...params }, call),
        releaseJob: ({ params, body }, call) =>
          jobs.release({ ...body, ...params }, call),
        rerunJob: ({ params, body }, call) =>
          jobs.rerun({ ...body, ...params }, call),
        getJobLog: ({ params, query }, call) =>
          jobs.log({ ...query, ...params }, call),
        explainJob: ({ params }, call) => jobs.explain(params.id, call),
        getJobSamples: ({ params, query }, call) =>
          jobs.samples({ ...query, ...params }, call),
        getQueue: ({ query }, call) => jobs.queue(query, call),
        listUsage: ({ query }, call) => usage.list(query, call),
        introspectToken: ({ body }, call) => jobs.introspect(body.token, call),
      },
    }),
  );
  return router;
}
