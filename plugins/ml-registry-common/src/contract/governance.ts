import { defineContract, entityPathSchema } from '@downstage/common';
import { z } from 'zod';
import { modelVersionSchema } from '../model/version';
import { promotionSchema } from '../model/promotion';

const reasonSchema = z.string().trim().min(1).max(4000);

/** What goes past a gate, in words that stay. */
export const governanceOperations = defineContract({
  waiveGate: {
    method: 'post',
    path: '/v1/promotions/:id/waive',
    summary:
      'Let a version pass a gate it failed; for approvers, with a reason that stays',
    params: z.object({ id: z.string().min(1).max(64) }),
    body: z.object({
      /** The name of the gate, as in `gates` of the promotion. */
      gate: z.string().min(1).max(500),
      reason: reasonSchema,
    }),
    response: promotionSchema,
  },
  breakGlass: {
    method: 'post',
    path: '/v1/models/:namespace/:name/versions/:version/break-glass',
    summary:
      'Put a version into production past gates and approvals; flagged for ever',
    params: entityPathSchema.extend({
      version: z.coerce.number<string | number>().int().min(1),
    }),
    body: z.object({
      reason: reasonSchema,
      /** The name of the model, typed to confirm. */
      confirm: z.string(),
    }),
    response: modelVersionSchema,
  },
});
