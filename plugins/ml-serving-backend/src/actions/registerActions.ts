import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import { callerOf } from '@downstage/node';
import type { EndpointService } from '../services/EndpointService';

/** `model:default/x`, `default/x` or `x`. */
function pathOf(text: string) {
  const match = /^(?:model:)?(?:([^/:@]+)\/)?([^/:@]+)$/i.exec(text.trim());
  if (!match) {
    throw new InputError(
      `Not a model: '${text}' (expected model:default/tumour-malignancy or tumour-malignancy)`,
    );
  }
  return { namespace: match[1] ?? 'default', name: match[2] };
}

/** What a person does on the pages of ml-serving, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  endpoints: EndpointService;
}) {
  const { actions, endpoints } = deps;
  const model =
    'The model, as model:default/tumour-malignancy or just its name';

  actions.register({
    name: 'list-endpoints',
    title: 'List endpoints',
    description:
      'Lists the inference endpoints: model, owner, state (waiting, loading, ready, degraded, failed), the version that answers, and the address that programs send requests to. ' +
      'A model that is missing here has not been deployed: see deploy-model.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          search: z.string().optional().describe('Part of a name'),
          cursor: z
            .string()
            .optional()
            .describe('nextCursor of the answer before'),
        }),
      output: z =>
        z.object({
          nextCursor: z
            .string()
            .optional()
            .describe('There are more; ask again with it as cursor'),
          endpoints: z.array(
            z.object({
              modelRef: z.string(),
              owner: z.string(),
              state: z.string(),
              version: z.number().optional(),
              url: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await endpoints.list(
        { limit: 100, ...input },
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          ...(nextCursor !== undefined && { nextCursor }),
          endpoints: items.map(item => ({
            modelRef: item.modelRef,
            owner: item.owner,
            state: item.state,
            version: item.variants[0]?.version,
            url: item.url,
          })),
        },
      };
    },
  });

  actions.register({
    name: 'get-endpoint',
    title: 'Get endpoint',
    description:
      'Returns the endpoint of a model: state, the version that answers, the version kept for a rollback, and the conditions that say why it is so.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z => z.object({ model: z.string().describe(model) }),
      output: z =>
        z.object({
          modelRef: z.string(),
          owner: z.string(),
          state: z.string(),
          version: z.number().optional(),
          previousVersion: z.number().optional(),
          url: z.string(),
          conditions: z.array(
            z.object({
              type: z.string(),
              status: z.string(),
              reason: z.string(),
              message: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const found = await endpoints.get(pathOf(input.model), {
        caller: callerOf(credentials),
      });
      return {
        output: {
          modelRef: found.modelRef,
          owner: found.owner,
          state: found.state,
          version: found.variants[0]?.version,
          previousVersion: found.previousVersion,
          url: found.url,
          conditions: found.conditions.map(
            ({ type, status, reason, message }) => ({
              type,
              status,
              reason,
              message,
            }),
          ),
        },
      };
    },
  });

  actions.register({
    name: 'predict',
    title: 'Predict',
    description:
      'Asks the endpoint of a model for predictions. Rows are objects with one value per feature column; a wrong or missing column is refused with the list of columns wanted. ' +
      'Every answer is written to the prediction log and counts when drift is measured: send real requests, not samples to look around.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          model: z.string().describe(model),
          rows: z
            .array(
              z.record(
                z.union([z.number(), z.string(), z.boolean(), z.null()]),
              ),
            )
            .min(1)
            .describe('Rows by column name'),
        }),
      output: z =>
        z.object({
          modelVersion: z.number(),
          predictions: z.array(z.record(z.unknown())),
          requestId: z.string(),
          predictionId: z
            .string()
            .optional()
            .describe(
              'Row n of the answer has the prediction_id <predictionId>/<n> in the prediction log, counted from 0',
            ),
        }),
    },
    action: async ({ input, credentials }) => ({
      output: await endpoints.predict(
        { ...pathOf(input.model), rows: input.rows },
        { caller: callerOf(credentials) },
      ),
    }),
  });

  actions.register({
    name: 'deploy-model',
    title: 'Deploy model',
    description:
      'Creates the endpoint of a model. It serves the production version and follows every promotion and rollback from then on, so it is needed once per model. ' +
      'Only owners of the model may. Ask get-endpoint until the state is ready.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z => z.object({ model: z.string().describe(model) }),
      output: z =>
        z.object({ modelRef: z.string(), state: z.string(), url: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { namespace, name } = pathOf(input.model);
      const { modelRef, state, url } = await endpoints.create(
        { modelRef: `model:${namespace}/${name}` },
        { caller: callerOf(credentials) },
      );
      return { output: { modelRef, state, url } };
    },
  });
}
