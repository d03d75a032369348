import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { callerOf, pageInput } from '@downstage/node';
import type { RunPageServices } from './create';

/** `list-run-views`, `save-run-view` and `delete-run-view`. */
export function registerRunViewActions(deps: {
  actions: ActionsRegistryService;
  runPages: RunPageServices;
}) {
  const { actions, runPages } = deps;
  const scopeHint = 'all, experiment:<id> or model:<namespace>/<name>';

  actions.register({
    name: 'list-run-views',
    title: 'List run views',
    description:
      'Lists the saved views of the runs table of an experiment or model: which columns, filter, groups and order people keep.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          scope: z.string().describe(scopeHint),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          nextCursor: z.string().optional(),
          views: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              state: z.string(),
              createdBy: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await runPages.views.list(input, {
        caller: callerOf(credentials),
      });
      return {
        output: {
          nextCursor,
          views: items.map(({ id, name, state, createdBy }) => ({
            id,
            name,
            state,
            createdBy,
          })),
        },
      };
    },
  });

  actions.register({
    name: 'save-run-view',
    title: 'Save run view',
    description:
      'Saves a view of the runs table under a name that everybody sees. `state` is the query string of the page.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          scope: z
            .string()
            .regex(/^(all|experiment:\d{1,9}|model:[^:/\s]+\/[^:/\s]+)$/)
            .describe(scopeHint),
          name: z.string().min(1).max(100).describe('What the view is called'),
          state: z
            .string()
            .max(8000)
            .describe(
              'The query of the address of the runs page, as list-run-views gives it',
            ),
        }),
      output: z => z.object({ id: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { id } = await runPages.views.save(input, {
        caller: callerOf(credentials),
      });
      return { output: { id } };
    },
  });

  actions.register({
    name: 'delete-run-view',
    title: 'Delete run view',
    description:
      'Deletes a saved view of the runs table. Runs are not touched, but everybody loses the view. Ask the person before using this.',
    attributes: { readOnly: false, destructive: true, idempotent: true },
    schema: {
      input: z => z.object({ id: z.string().describe('From list-run-views') }),
      output: z => z.object({ id: z.string() }),
    },
    action: async ({ input, credentials }) => ({
      output: await runPages.views.delete(input.id, {
        caller: callerOf(credentials),
      }),
    }),
  });
}
