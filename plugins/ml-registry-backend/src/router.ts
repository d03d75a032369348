import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createContractRouter, refuseInWords } from '@downstage/node';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import type express from 'express';
import Router from 'express-promise-router';
import { cardHandlers } from './cards/cardHandlers';
import { createExportRouter } from './cards/createExportRouter';
import { createFileRouter } from './modelPages/createFileRouter';
import { runPageHandlers } from './runPages/runPageHandlers';
import { importHandlers } from './imports/importHandlers';
import { webhookHandlers } from './webhooks/webhookHandlers';
import type { ImportService } from './imports/ImportService';
import type { ClaimService } from './versions/ClaimService';
import type { CardServices } from './cards/create';
import type { RunPageServices } from './runPages/create';
import type { GarbageService } from './garbage/GarbageService';
import type { BreakGlassService } from './governance/BreakGlassService';
import type { ModelService } from './modelPages/ModelService';
import type { PromotionService } from './governance/PromotionService';
import type { RollbackService } from './governance/RollbackService';
import type { RunQueryService } from './runPages/RunQueryService';
import type { VersionSearchService } from './versions/VersionSearchService';
import type { WebhookService } from './webhooks/WebhookService';

/** The contract, turned into service calls, and the routes that stream. */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  records: CardServices;
  breakGlass: BreakGlassService;
  claims: ClaimService;
  models: ModelService;
  promotions: PromotionService;
  rollbacks: RollbackService;
  runs: RunQueryService;
  runPages: RunPageServices;
  garbage: GarbageService;
  webhooks: WebhookService;
  imports: ImportService;
  versionSearch: VersionSearchService;
}): express.Router {
  const { httpAuth, claims, models, promotions, rollbacks, runs } = options;
  const router = Router();

  router.use(createFileRouter({ httpAuth, models, runs }));
  router.use(createExportRouter({ httpAuth, ...options.records }));
  router.use(
    createContractRouter({
      contract: mlRegistryContract,
      httpAuth,
      auditor: options.auditor,
      handlers: {
        listModels: ({ query }, call) => models.list(query, call),
        countModels: ({ query }, call) => models.count(query, call),
        searchModelVersions: ({ query }, call) =>
          options.versionSearch.search(query, call),
        getModel: ({ params }, call) => models.get(params, call),
        listModelVersions: ({ params, query }, call) =>
          models.listVersions({ ...params, ...query }, call),
        getModelVersion: ({ params }, call) => models.getVersion(params, call),
        listVersionArtifacts: ({ params, query }, call) =>
          models.listArtifacts({ ...params, ...query }, call),
        previewPromotion: ({ params, query }, call) =>
          promotions.preview({ ...params, ...query }, call),
        requestPromotion: ({ params, body }, call) =>
          promotions.request({ ...params, ...body }, call),
        listPromotions: ({ query }, call) => promotions.list(query, call),
        countPromotions: (_, call) => promotions.count({}, call),
        getPromotion: ({ params }, call) => promotions.get(params.id, call),
        approvePromotion: ({ params, body }, call) =>
          promotions.approve({ ...params, ...body }, call),
        rejectPromotion: ({ params, body }, call) =>
          promotions.reject({ ...params, ...body }, call),
        withdrawPromotion: ({ params }, call) =>
          promotions.withdraw(params.id, call),
        waiveGate: ({ params, body }, call) =>
          promotions.waive({ ...params, ...body }, call),
        breakGlass: async ({ params, body }, call) => {
          await options.breakGlass.breakGlass({ ...params, ...body }, call);
          return models.getVersion(params, call);
        },
        rollbackModel: async ({ params, body }, call) => {
          await rollbacks.rollback({ ...params, ...body }, call);
          return models.get(params, call);
        },
        claimModel: async ({ params, body }, call) => {
          await claims.claim({ ...params, ...body }, call);
          return models.get(params, call);
        },
        listModelHistory: ({ params, query }, call) =>
          rollbacks.history({ ...params, ...query }, call),
        listExperiments: ({ query }, call) => runs.listExperiments(query, call),
        searchRuns: ({ query }, call) => runs.search(query, call),
        getRun: ({ params }, call) => runs.get(params.runId, call),
        getMetricHistory: ({ params, query }, call) =>
          runs.metricHistory({ ...params, ...query }, call),
        listRunArtifacts: ({ params, query }, call) =>
          runs.listArtifacts({ ...params, ...query }, call),
        ...runPageHandlers(options.runPages),
        previewGarbage: (_, call) => options.garbage.preview({}, call),
        listGarbageCollections: ({ query }, call) =>
          options.garbage.list(query, call),
        getGarbageCollection: ({ params }, call) =>
          options.garbage.get(params.id, call),
        collectGarbage: ({ params }, call) =>
          options.garbage.collect(params.id, call),
        ...webhookHandlers(options),
        ...importHandlers(options),
        ...cardHandlers(options.records),
      },
    }),
  );
  router.use(refuseInWords);
  return router;
}
