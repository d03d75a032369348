import { defineContract, pageOf, pageQuerySchema } from '@downstage/common';
import { z } from 'zod';
import { foundVersionSchema } from '../model/search';

/** Searching versions across all models. */
export const searchOperations = defineContract({
  searchModelVersions: {
    method: 'get',
    path: '/v1/model-versions',
    summary:
      'Versions of all models by metric, param, data set, stage, flavor, owner, in the search language of MLflow',
    query: pageQuerySchema.extend({
      /** `metrics.auc > 0.9 AND stage = 'production' AND owner = 'group:default/diagnostics' AND flavor = 'sklearn' AND dataset.name = 'masses'` */
      filter: z.string().max(4000).optional(),
      /** `metrics.auc DESC, name`; the last changed first unless given. */
      orderBy: z.string().max(1000).optional(),
    }),
    response: pageOf(foundVersionSchema),
  },
});
