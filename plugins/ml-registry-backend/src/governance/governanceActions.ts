import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { parseVersionRef } from '@downstage/common';
import { callerOf } from '@downstage/node';
import type { BreakGlassService } from './BreakGlassService';
import type { PromotionService } from './PromotionService';
import { promotionOutput, toPromotionOutput } from './promotionOutput';

/** `waive-gate` and `break-glass`. */
export function registerGovernanceActions(deps: {
  actions: ActionsRegistryService;
  promotions: PromotionService;
  breakGlass: BreakGlassService;
}) {
  const { actions, promotions, breakGlass } = deps;

  actions.register({
    name: 'waive-gate',
    title: 'Waive gate',
    description:
      'Lets a blocked promotion pass one gate it failed, in the name of the signed-in person, who must be allowed to approve it. ' +
      'The reason stays on the promotion and in the ledger. Only gates with `waivable` can be waived. Ask the person before using this.',
    attributes: { readOnly: false, destructive: true, idempotent: false },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('Id of the promotion, from list-promotions'),
          gate: z.string().describe('Name of the gate, as in its gates'),
          reason: z.string().min(1).describe('Why; stays for ever'),
        }),
      output: promotionOutput,
    },
    action: async ({ input, credentials }) => {
      const promotion = await promotions.waive(input, {
        caller: callerOf(credentials),
      });
      return { output: toPromotionOutput(promotion) };
    },
  });

  actions.register({
    name: 'break-glass',
    title: 'Break glass',
    description:
      'Puts a model version into production at once, past gates and approvals. For emergencies: owners and administrators are told, ' +
      'and the version, the model and the ledger show it for ever. Never use this without the person saying so in these words.',
    attributes: { readOnly: false, destructive: true, idempotent: false },
    schema: {
      input: z =>
        z.object({
          modelVersion: z
            .string()
            .describe('The version, as default/churn@7 or churn@7'),
          reason: z.string().min(1).describe('Why; stays for ever'),
          confirm: z.string().describe('The name of the model, to confirm'),
        }),
      output: z => z.object({ production: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const ref = parseVersionRef(input.modelVersion);
      const { reason, confirm } = input;
      await breakGlass.breakGlass(
        { ...ref, reason, confirm },
        { caller: callerOf(credentials) },
      );
      return { output: { production: input.modelVersion } };
    },
  });
}
