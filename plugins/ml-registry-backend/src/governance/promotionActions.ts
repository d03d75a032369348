import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { promotionStateSchema } from '@downstage/plugin-ml-registry-common';
import { callerOf, pageInput } from '@downstage/node';
import type { PromotionService } from './PromotionService';
import { pathOfModel } from '../kernel/paths';
import { promotionOutput, toPromotionOutput } from './promotionOutput';

/** `list-promotions`: how one finds the id that approve-promotion wants. */
export function registerPromotionActions(deps: {
  actions: ActionsRegistryService;
  promotions: PromotionService;
}) {
  const { actions, promotions } = deps;

  actions.register({
    name: 'list-promotions',
    title: 'List promotions',
    description:
      'Lists promotions, newest first: version, target stage, state, who asked and why, gates with what they saw, approvals given and needed. ' +
      "Ask with state 'waiting-for-approval' for those that wait for a person, and give the id of one to approve-promotion.",
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          model: z
            .string()
            .optional()
            .describe('Only of this model: model:default/churn or churn'),
          state: z
            .nativeEnum(promotionStateSchema.enum)
            .optional()
            .describe('Only promotions in this state'),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          promotions: z.array(promotionOutput(z)),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const path = input.model ? pathOfModel(input.model) : undefined;
      const { items, nextCursor } = await promotions.list(
        {
          model: path && `model:${path.namespace}/${path.name}`,
          state: input.state,
          cursor: input.cursor,
          limit: input.limit,
        },
        { caller: callerOf(credentials) },
      );
      return {
        output: { promotions: items.map(toPromotionOutput), nextCursor },
      };
    },
  });
}
