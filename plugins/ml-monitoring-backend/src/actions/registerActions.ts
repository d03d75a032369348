import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { InputError } from '@backstage/errors';
import { callerOf, pageInput } from '@downstage/node';
import type { MonitorService } from '../services/MonitorService';

/** What a person does on the pages of monitoring, for agents, templates and terminals, under the same permissions. */
export function registerActions(deps: {
  actions: ActionsRegistryService;
  monitors: MonitorService;
}) {
  const { actions, monitors } = deps;

  actions.register({
    name: 'list-monitors',
    title: 'List drift monitors',
    description:
      'Lists the models that are served and therefore watched for drift: the version in production, a status ' +
      '(ok, warning, drift, insufficient_data, no_data, unknown), a sentence that says why, and since when the model is away from its baseline, if it is.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          status: z
            .enum([
              'ok',
              'warning',
              'drift',
              'insufficient_data',
              'no_data',
              'unknown',
            ])
            .optional()
            .describe('Only monitors of this status'),
          kind: z
            .string()
            .regex(/^[a-z][a-z0-9-]*$/)
            .optional()
            .describe(
              'Only monitors of this kind, such as performance, or all; drift unless given',
            ),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          nextCursor: z.string().optional(),
          monitors: z.array(
            z.object({
              model: z.string(),
              kind: z.string(),
              name: z.string(),
              owner: z.string().optional(),
              version: z.number().optional(),
              status: z.string(),
              message: z.string(),
              awaySince: z.string().optional(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const page = await monitors.list(input, {
        caller: callerOf(credentials),
      });
      return {
        output: {
          nextCursor: page.nextCursor,
          monitors: page.items.map(item => ({
            model: item.modelRef,
            kind: item.kind,
            name: item.name,
            owner: item.owner,
            version: item.version,
            status: item.status,
            message: item.message,
            awaySince: item.openEpisode?.since,
          })),
        },
      };
    },
  });

  actions.register({
    name: 'get-drift',
    title: 'Get drift of a model',
    description:
      'Returns how far the predictions of a model moved from what it learned from, in the latest window: for each feature and ' +
      'prediction the population stability index (PSI; 0.1 is a warning, 0.2 is drift), the value chance alone would stay below, ' +
      'whether the difference is significant, and findings such as new categories or missing values. Largest PSI first. ' +
      'Where `window.withheld` says that the caller may not read the data behind it, findings are left out. ' +
      '`version` is in production now, `window.version` answered in the window: they differ after a promotion until the next window closes.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          model: z
            .string()
            .describe('The model, as model:default/name or just its name'),
        }),
      output: z =>
        z.object({
          model: z.string(),
          version: z.number().optional(),
          status: z.string(),
          message: z.string(),
          awaySince: z.string().optional(),
          window: z
            .object({
              id: z.string(),
              version: z.number(),
              from: z.string().optional(),
              to: z.string().optional(),
              rows: z.number(),
              epsilon: z.number(),
              withheld: z.string().optional(),
              columns: z.array(
                z.object({
                  name: z.string(),
                  role: z.string(),
                  status: z.string(),
                  psi: z.number().optional(),
                  criticalValue: z.number().optional(),
                  significant: z.boolean(),
                  findings: z.array(z.string()),
                }),
              ),
            })
            .optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const caller = callerOf(credentials);
      const monitor = await monitors.get(parseModel(input.model), {
        caller,
      });
      const window =
        monitor.latestWindow &&
        (await monitors.getWindow(monitor.latestWindow.id, { caller }));
      return {
        output: {
          model: monitor.modelRef,
          version: monitor.version,
          status: monitor.status,
          message: monitor.message,
          awaySince: monitor.openEpisode?.since,
          window: window && {
            id: window.id,
            version: window.version,
            from: window.from,
            to: window.to,
            rows: window.rows,
            epsilon: window.epsilon,
            withheld: window.withheld,
            columns: [...window.columns]
              .sort((a, b) => (b.psi ?? -1) - (a.psi ?? -1))
              .map(column => ({
                name: column.name,
                role: column.role,
                status: column.status,
                psi: column.psi,
                criticalValue: column.criticalValue,
                significant: column.significant,
                findings: column.findings.map(finding => finding.message),
              })),
          },
        },
      };
    },
  });

  actions.register({
    name: 'retrain-model',
    title: 'Retrain a model',
    description:
      "Submits the model's latest successful training job again, at the same ref of its source and with the newest data, and returns " +
      'the id of the new job and whether data and code are the same as before, which gives the same model. The caller must own the model. Nothing is promoted: the new version goes through its gates as any other.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          model: z
            .string()
            .describe('The model, as model:default/name or just its name'),
          reason: z
            .string()
            .max(500)
            .optional()
            .describe('Why; kept with the job'),
        }),
      output: z =>
        z.object({
          jobId: z.string(),
          sameModel: z.boolean(),
          message: z.string(),
        }),
    },
    action: async ({ input, credentials }) => ({
      output: await monitors.retrain(
        { ...parseModel(input.model), reason: input.reason },
        { caller: callerOf(credentials) },
      ),
    }),
  });
}

/** `model:default/x`, `default/x` or `x`. */
function parseModel(text: string) {
  const match = /^(?:model:)?(?:([^/:@]+)\/)?([^/:@]+)$/i.exec(text.trim());
  if (!match) {
    throw new InputError(
      `Not a model: '${text}' (expected model:default/tumour-malignancy or tumour-malignancy)`,
    );
  }
  return { namespace: match[1] ?? 'default', name: match[2] };
}
