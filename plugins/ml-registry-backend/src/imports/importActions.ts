import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { RegistryImport } from '@downstage/plugin-ml-registry-common';
import { callerOf } from '@downstage/node';
import type { ImportService } from './ImportService';

/** `import-mlflow-server`, `get-import`, `cancel-import` */
export function registerImportActions(deps: {
  actions: ActionsRegistryService;
  imports: ImportService;
}) {
  const { actions, imports } = deps;

  actions.register({
    name: 'import-mlflow-server',
    title: 'Import an MLflow server',
    description:
      'Imports experiments, runs with their history, data sets and files, logged models, registered models, versions and aliases of an MLflow server. ' +
      'Runs in the background; ask get-import how it goes. Started again it adds only what is new. For administrators.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          uri: z
            .string()
            .describe('The tracking URI: https://mlflow.example.org'),
          token: z
            .string()
            .optional()
            .describe(
              'Sent as bearer, or as password when a user is given; forgotten at the end',
            ),
          user: z
            .string()
            .optional()
            .describe('User of the other server, with basic authentication'),
          owner: z
            .string()
            .optional()
            .describe('Whom it all belongs to: group:default/diagnostics'),
          stages: z
            .enum(['record', 'enter'])
            .optional()
            .describe(
              'record: production stages become the tag downstage.imported.stage; enter: they enter production past the gates, flagged, which needs a reason',
            ),
          reason: z
            .string()
            .optional()
            .describe(
              'Why production is entered past the gates; kept in the ledger',
            ),
        }),
      output: z => z.object({ id: z.string(), state: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { id, state } = await imports.start(
        { ...input, stages: input.stages ?? 'record' },
        { caller: callerOf(credentials) },
      );
      return { output: { id, state } };
    },
  });

  actions.register({
    name: 'get-import',
    title: 'Get import',
    description:
      'Says how an import goes: counts of each kind, what was left out and why. Without an id, the newest one.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z
            .string()
            .optional()
            .describe('Id of the import; the newest unless given'),
        }),
      output: z =>
        z.object({
          id: z.string(),
          uri: z.string(),
          state: z.string(),
          message: z.string().optional(),
          counts: z.array(
            z.object({
              kind: z.string(),
              found: z.number(),
              added: z.number(),
              known: z.number(),
              leftOut: z.number(),
            }),
          ),
          points: z.number(),
          files: z.number(),
          bytes: z.number(),
          omissions: z.array(
            z.object({
              kind: z.string(),
              sourceId: z.string(),
              reason: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const call = { caller: callerOf(credentials) };
      const id =
        input.id ?? (await imports.list({ limit: 1 }, call)).items[0]?.id ?? '';
      const found = await imports.get(id, call);
      const { items } = await imports.omissions({ id, limit: 200 }, call);
      return { output: { ...toOutput(found), omissions: items } };
    },
  });

  actions.register({
    name: 'cancel-import',
    title: 'Cancel import',
    description:
      'Stops an import that is running. Imported items stay, and another import of the same server goes on from there.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z => z.object({ id: z.string().describe('Id of the import') }),
      output: z => z.object({ id: z.string(), state: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { id, state } = await imports.cancel(input.id, {
        caller: callerOf(credentials),
      });
      return { output: { id, state } };
    },
  });
}

function toOutput(found: RegistryImport) {
  const { id, uri, state, message, counts, points, files, bytes } = found;
  return { id, uri, state, message, counts, points, files, bytes };
}
