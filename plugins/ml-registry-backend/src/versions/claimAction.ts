import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { callerOf } from '@downstage/node';
import { nameOfPath } from '../kernel/refs';
import type { ClaimService } from './ClaimService';
import { pathOfModel } from '../kernel/paths';

/** `claim-model` */
export function registerClaimAction(deps: {
  actions: ActionsRegistryService;
  claims: ClaimService;
}) {
  const { actions, claims } = deps;
  actions.register({
    name: 'claim-model',
    title: 'Claim model',
    description:
      'Takes on a model that was registered from code and belongs to nobody, for a group of the signed-in person. ' +
      'Its members then promote, approve and serve it. An owner or administrator hands their model over with the new ' +
      'owner, and accepts the catalog file of the model with the present owner.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          model: z
            .string()
            .describe("The model's ref or name: model:default/churn or churn"),
          owner: z
            .string()
            .describe('Who shall own it: group:default/diagnostics'),
        }),
      output: z => z.object({ model: z.string(), owner: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const path = pathOfModel(input.model);
      await claims.claim(
        { ...path, owner: input.owner },
        { caller: callerOf(credentials) },
      );
      return { output: { model: nameOfPath(path), owner: input.owner } };
    },
  });
}
