import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import type { AccessDecisions } from './services/AccessDecisions';
import type { EndpointService } from './services/EndpointService';
import type { PredictionLogService } from './services/PredictionLogService';
import type { VersionJudge } from './services/VersionJudge';

export function createRouter(deps: {
  httpAuth: HttpAuthService;
  decisions: AccessDecisions;
  endpoints: EndpointService;
  versions: VersionJudge;
  predictionLogs: PredictionLogService;
}) {
  const { httpAuth, decisions, endpoints, versions, predictionLogs } = deps;
  return createContractRouter({
    contract: mlServingContract,
    httpAuth,
    bodyLimit: '16mb',
    handlers: {
      listEndpoints: ({ query }, call) => endpoints.list(query, call),
      countEndpoints: (_, call) => endpoints.count(call),
      judgeVersion: ({ params }, call) => versions.judge(params, call),
      getEndpoint: ({ params }, call) => endpoints.get(params, call),
      createEndpoint: ({ body }, call) => endpoints.create(body, call),
      updateEndpoint: ({ params, body }, call) =>
        endpoints.update(params, body, call),
      deleteEndpoint: ({ params }, call) => endpoints.delete(params, call),
      predict: ({ params, body }, call) =>
        endpoints.predict(params, body, call),
      decideAccess: ({ body }, call) => decisions.decide(body, call),
      getTraffic: async ({ params, query }, call) => ({
        buckets: await endpoints.traffic(params, query, call),
      }),
      getPredictionLog: ({ params }, call) => predictionLogs.get(params, call),
      rollPredictionLog: ({ params }, call) =>
        predictionLogs.roll(params, call),
    },
  });
}
