import {
  defineContract,
  entityPathSchema,
  pageOf,
  pageQuerySchema,
  refListSchema,
  widePageQuerySchema,
} from '@downstage/common';
import { z } from 'zod';
import { cardOperations } from './contract/cards';
import { claimOperations } from './contract/claims';
import { ledgerOperations } from './contract/ledger';
import { garbageOperations } from './contract/garbage';
import { listOf, runTableOperations } from './contract/runTable';
import { governanceOperations } from './contract/governance';
import { searchOperations } from './contract/search';
import { importOperations } from './contract/import';
import { webhookOperations } from './contract/webhooks';
import {
  historyEntrySchema,
  modelCountsSchema,
  modelListFilterSchema,
  modelSchema,
  modelSortSchema,
} from './model/model';
import {
  promotionFilterSchema,
  promotionPreviewSchema,
  promotionSchema,
} from './model/promotion';
import { experimentSchema, metricPointSchema, runSchema } from './model/run';
import { promotionTargetSchema } from './model/stage';
import { artifactFileSchema, modelVersionSchema } from './model/version';

const versionPathSchema = entityPathSchema.extend({
  version: z.coerce.number<string | number>().int().min(1),
});
const promotionPathSchema = z.object({ id: z.string().min(1).max(64) });
const runPathSchema = z.object({ runId: z.string().min(1).max(64) });
const artifactQuerySchema = widePageQuerySchema.extend({
  /** Folder below the root of the artifacts; the root unless given. */
  path: z.string().max(1000).optional(),
});
const textSchema = z.string().max(4000);
/** Paging where the cursor is a number of the rows themselves. */
const numberPageSchema = pageQuerySchema.extend({
  cursor: z
    .string()
    .regex(/^\d{1,12}$/)
    .optional(),
});

/** Which models are asked for; all of them unless something is said. */
const modelQuestionSchema = z.object({
  /** `group:default/diagnostics`; `mine` is whatever the caller owns things through, `nobody` what nobody owns. */
  owner: z.string().max(300).optional(),
  /** Words, each of which is in the name, title, description or owner. */
  query: z.string().max(256).optional(),
  stage: modelListFilterSchema.optional(),
  /** Only these, as refs or names, with commas between. */
  models: refListSchema.optional(),
});

/** The HTTP API of `ml-registry`, under `/api/ml-registry`. The MLflow API beside it is a foreign contract. */
export const mlRegistryContract = defineContract({
  listModels: {
    method: 'get',
    path: '/v1/models',
    summary: 'Registered models, searched, filtered and sorted',
    query: pageQuerySchema.extend({
      ...modelQuestionSchema.shape,
      sort: modelSortSchema.default('name'),
    }),
    response: pageOf(modelSchema),
  },
  countModels: {
    method: 'get',
    path: '/v1/model-counts',
    summary: 'How many registered models there are, and how many of which kind',
    query: modelQuestionSchema,
    response: modelCountsSchema,
  },
  getModel: {
    method: 'get',
    path: '/v1/models/:namespace/:name',
    summary: 'One model with its production version',
    params: entityPathSchema,
    response: modelSchema,
  },
  listModelVersions: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions',
    summary: 'Versions of a model, newest first',
    params: entityPathSchema,
    query: numberPageSchema,
    response: pageOf(modelVersionSchema),
  },
  getModelVersion: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions/:version',
    summary: 'One version with its lineage and gates',
    params: versionPathSchema,
    response: modelVersionSchema,
  },
  listVersionArtifacts: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions/:version/artifacts',
    summary: 'Files of a version',
    params: versionPathSchema,
    query: artifactQuerySchema,
    response: pageOf(artifactFileSchema),
  },
  previewPromotion: {
    method: 'get',
    path: '/v1/models/:namespace/:name/versions/:version/promotion-preview',
    summary: 'What a promotion would meet: gates, champion, approvals',
    params: versionPathSchema,
    query: z.object({ to: promotionTargetSchema.default('production') }),
    response: promotionPreviewSchema,
  },
  requestPromotion: {
    method: 'post',
    path: '/v1/models/:namespace/:name/versions/:version/promotions',
    summary: 'Ask for a promotion; the evidence is frozen now',
    params: versionPathSchema,
    body: z.object({
      to: promotionTargetSchema,
      reason: textSchema.optional(),
    }),
    response: promotionSchema,
    status: 201,
  },
  listPromotions: {
    method: 'get',
    path: '/v1/promotions',
    summary: 'Promotions, newest first',
    query: widePageQuerySchema.extend({
      /** `model:default/tumour-malignancy` */
      model: z.string().optional(),
      state: promotionFilterSchema.optional(),
    }),
    response: pageOf(promotionSchema),
  },
  countPromotions: {
    method: 'get',
    path: '/v1/promotion-counts',
    summary: 'How many promotions wait for a decision of the caller',
    response: z.object({ waitingForMe: z.number().int() }),
  },
  getPromotion: {
    method: 'get',
    path: '/v1/promotions/:id',
    summary: 'One promotion with gates, evidence and approvals',
    params: promotionPathSchema,
    response: promotionSchema,
  },
  approvePromotion: {
    method: 'post',
    path: '/v1/promotions/:id/approve',
    summary:
      'Approve what somebody else asked for; the last approval applies it',
    params: promotionPathSchema,
    body: z.object({ comment: textSchema.optional() }),
    response: promotionSchema,
  },
  rejectPromotion: {
    method: 'post',
    path: '/v1/promotions/:id/reject',
    summary: 'Reject a promotion, saying why',
    params: promotionPathSchema,
    body: z.object({ comment: textSchema.min(1) }),
    response: promotionSchema,
  },
  withdrawPromotion: {
    method: 'post',
    path: '/v1/promotions/:id/withdraw',
    summary: 'Take back a promotion',
    params: promotionPathSchema,
    response: promotionSchema,
  },
  rollbackModel: {
    method: 'post',
    path: '/v1/models/:namespace/:name/rollback',
    summary:
      'Bring back the last production version, or the one named, at once',
    params: entityPathSchema,
    body: z.object({
      toVersion: z.number().int().min(1).optional(),
      reason: textSchema.min(1),
    }),
    response: modelSchema,
  },
  listModelHistory: {
    method: 'get',
    path: '/v1/models/:namespace/:name/history',
    summary: 'Everything that was decided about a model, newest first',
    params: entityPathSchema,
    query: numberPageSchema.extend({ limit: widePageQuerySchema.shape.limit }),
    response: pageOf(historyEntrySchema),
  },
  listExperiments: {
    method: 'get',
    path: '/v1/experiments',
    summary: 'Experiments, last changed first',
    query: widePageQuerySchema.extend({
      /** Text in the name. */
      query: z.string().max(200).optional(),
      /** Only these. */
      experimentId: listOf(z.string().min(1).max(64), 100),
    }),
    response: pageOf(experimentSchema),
  },
  searchRuns: {
    method: 'get',
    path: '/v1/runs',
    summary: 'Runs, newest first; filter is in the search language of MLflow',
    query: pageQuerySchema.extend({
      experimentId: z.string().optional(),
      filter: z.string().max(4000).optional(),
      model: z.string().optional(),
      job: z.string().optional(),
    }),
    response: pageOf(runSchema),
  },
  getRun: {
    method: 'get',
    path: '/v1/runs/:runId',
    summary: 'One run with params and the last value of each metric',
    params: runPathSchema,
    response: runSchema,
  },
  getMetricHistory: {
    method: 'get',
    path: '/v1/runs/:runId/metrics',
    summary: 'Every point of one metric, by step',
    params: runPathSchema,
    query: z.object({ key: z.string().min(1).max(250) }),
    response: z.object({ key: z.string(), points: z.array(metricPointSchema) }),
  },
  /** Of a path that names a file: that file alone, without reading a folder. */
  listRunArtifacts: {
    method: 'get',
    path: '/v1/runs/:runId/artifacts',
    summary: 'Files of a run',
    params: runPathSchema,
    query: artifactQuerySchema,
    response: pageOf(artifactFileSchema),
  },
  ...cardOperations,
  ...claimOperations,
  ...ledgerOperations,
  ...garbageOperations,
  ...runTableOperations,
  ...webhookOperations,
  ...importOperations,
  ...searchOperations,
  ...governanceOperations,
});
export type MlRegistryContract = typeof mlRegistryContract;
