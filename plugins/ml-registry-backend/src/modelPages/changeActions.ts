import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { parseVersionRef } from '@downstage/common';
import { callerOf } from '@downstage/node';
import type { ModelService } from './ModelService';
import type { PromotionService } from '../governance/PromotionService';
import type { RollbackService } from '../governance/RollbackService';
import { pathOfModel } from '../kernel/paths';
import {
  promotionOutput,
  toPromotionOutput,
} from '../governance/promotionOutput';

/** `request-promotion`, `approve-promotion` and `roll-back-model`. */
export function registerChangeActions(deps: {
  actions: ActionsRegistryService;
  models: ModelService;
  promotions: PromotionService;
  rollbacks: RollbackService;
}) {
  const { actions, models, promotions, rollbacks } = deps;

  actions.register({
    name: 'request-promotion',
    title: 'Request promotion',
    description:
      'Asks that a model version enter candidate or production. Gates are checked at once and the evidence is frozen; ' +
      'production then waits for approval by other members of the owning group. ' +
      "Look at `state`: 'waiting-for-approval' is the usual answer, 'blocked' says in `message` and `gates` what to do.",
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          // Not `version`: that is a flag of the command line's own.
          modelVersion: z
            .string()
            .describe('The version, as default/churn@7 or churn@7'),
          to: z
            .enum(['candidate', 'production'])
            .default('production')
            .describe('The stage it shall enter'),
          reason: z.string().optional().describe('Why, for the approvers'),
        }),
      output: promotionOutput,
    },
    action: async ({ input, credentials }) => {
      const ref = parseVersionRef(input.modelVersion);
      const promotion = await promotions.request(
        { ...ref, to: input.to, reason: input.reason },
        { caller: callerOf(credentials) },
      );
      return { output: toPromotionOutput(promotion) };
    },
  });

  actions.register({
    name: 'approve-promotion',
    title: 'Approve promotion',
    description:
      'Approves a promotion in the name of the signed-in person, who must belong to the owning group and be neither the requester nor ' +
      'the author of the version. The last approval that is needed changes what is in production at once. ' +
      'Ask the person before using this.',
    attributes: { readOnly: false, destructive: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('Id of the promotion, from list-promotions'),
          comment: z.string().optional().describe('Kept with the approval'),
        }),
      output: promotionOutput,
    },
    action: async ({ input, credentials }) => {
      const promotion = await promotions.approve(input, {
        caller: callerOf(credentials),
      });
      return { output: toPromotionOutput(promotion) };
    },
  });

  actions.register({
    name: 'roll-back-model',
    title: 'Roll back model',
    description:
      'Puts the last production version of a model, or the one named, back into production at once, without approval. ' +
      'The version that is in production now is archived. The reason is kept in the history. Ask the person before using this.',
    attributes: { readOnly: false, destructive: true, idempotent: false },
    schema: {
      input: z =>
        z.object({
          model: z
            .string()
            .describe("The model's ref or name: model:default/churn or churn"),
          toVersion: z
            .number()
            .int()
            .min(1)
            .optional()
            .describe('A version that was in production before'),
          reason: z.string().min(1).describe('Why, for the history'),
        }),
      output: z =>
        z.object({
          ref: z.string(),
          productionVersion: z.number().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const path = pathOfModel(input.model);
      const { toVersion, reason } = input;
      await rollbacks.rollback(
        { ...path, toVersion, reason },
        { caller: callerOf(credentials) },
      );
      const model = await models.get(path, { caller: callerOf(credentials) });
      return {
        output: {
          ref: model.ref,
          productionVersion: model.production?.version,
        },
      };
    },
  });
}
