import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createContractRouter, refuseInWords } from '@downstage/node';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import type express from 'express';
import Router from 'express-promise-router';
import { createLogRouter } from './predictionLog/createLogRouter';
import type { PredictionLogService } from './predictionLog/PredictionLogService';
import type { AccessDecisions } from './services/AccessDecisions';
import type { EndpointService } from './services/EndpointService';
import type { InputExamples } from './services/InputExamples';
import type { RolloutService } from './services/RolloutService';
import type { VersionJudge } from './services/VersionJudge';

export function createRouter(deps: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  decisions: AccessDecisions;
  endpoints: EndpointService;
  examples: InputExamples;
  versions: VersionJudge;
  rollouts: RolloutService;
  predictionLogs: PredictionLogService;
}): express.Router {
  const { httpAuth, decisions, endpoints, examples, rollouts } = deps;
  const { versions, predictionLogs } = deps;
  const router = Router();
  router.use(createLogRouter(deps));
  router.use(
    createContractRouter({
      contract: mlServingContract,
      httpAuth,
      auditor: deps.auditor,
      reads: ['predict', 'decideAccess'],
      bodyLimit: '16mb',
      handlers: {
        listEndpoints: ({ query }, call) => endpoints.list(query, call),
        countEndpoints: (_, call) => endpoints.count({}, call),
        judgeVersion: ({ params }, call) => versions.judge(params, call),
        getEndpoint: ({ params }, call) => endpoints.get(params, call),
        createEndpoint: ({ body }, call) => endpoints.create(body, call),
        updateEndpoint: ({ params, body }, call) =>
          endpoints.update({ ...body, ...params }, call),
        deleteEndpoint: ({ params }, call) => endpoints.delete(params, call),
        predict: ({ params, body }, call) =>
          endpoints.predict({ ...body, ...params }, call),
        decideAccess: ({ body }, call) => decisions.decide(body, call),
        getInputExample: ({ params }, call) => examples.get(params, call),
        listRollouts: ({ params, query }, call) =>
          rollouts.list({ ...query, ...params }, call),
        getTraffic: async ({ params, query }, call) => ({
          buckets: await endpoints.traffic({ ...query, ...params }, call),
        }),
        getPredictionLog: ({ params }, call) =>
          predictionLogs.get(params, call),
        rollPredictionLog: ({ params }, call) =>
          predictionLogs.roll(params, call),
        countPredictions: ({ params, query }, call) =>
          predictionLogs.count({ ...params, ...query }, call),
        listPredictionLogFiles: ({ params, query }, call) =>
          predictionLogs.files({ ...params, ...query }, call),
      },
    }),
  );
  router.use(refuseInWords);
  return router;
}
