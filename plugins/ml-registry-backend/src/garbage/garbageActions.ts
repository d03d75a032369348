import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { GarbageCollection } from '@downstage/plugin-ml-registry-common';
import { callerOf } from '@downstage/node';
import type { GarbageService } from './GarbageService';

/** `preview-garbage` and `collect-garbage`, for administrators. */
export function registerGarbageActions(deps: {
  actions: ActionsRegistryService;
  garbage: GarbageService;
}) {
  const { actions, garbage } = deps;

  actions.register({
    name: 'preview-garbage',
    title: 'Look at garbage',
    description:
      'Shows administrators what would be deleted for good: deleted runs, logged models and experiments past the retention, files that belong to nothing, ' +
      'sizes by experiment, and what is kept and why. Deletes nothing. Give the id of the answer to collect-garbage.',
    attributes: { readOnly: true, idempotent: false },
    schema: {
      input: z => z.object({}),
      output: z =>
        z.object({
          id: z.string(),
          deletedBefore: z.string(),
          items: z.number(),
          files: z.number(),
          bytes: z.number(),
          experiments: z.array(
            z.object({
              name: z.string(),
              items: z.number(),
              bytes: z.number(),
            }),
          ),
          kept: z.array(z.object({ ref: z.string(), reason: z.string() })),
        }),
    },
    action: async ({ credentials }) => {
      const shown = await garbage.preview(
        {},
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          id: shown.id,
          deletedBefore: shown.deletedBefore,
          items: shown.itemCount,
          files: shown.files,
          bytes: shown.bytes,
          experiments: shown.experiments
            .slice(0, 50)
            .map(({ name, items, bytes }) => ({ name, items, bytes })),
          kept: shown.kept.slice(0, 50).map(({ kind, ref, reason }) => ({
            ref: `${kind} ${ref}`,
            reason,
          })),
        },
      };
    },
  });

  actions.register({
    name: 'collect-garbage',
    title: 'Collect garbage',
    description:
      'Deletes for good what preview-garbage showed under this id, as far as nothing needs it by now. Cannot be undone. ' +
      'Ask again with the same id to see how far it has come.',
    attributes: { readOnly: false, destructive: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('The id that preview-garbage answered'),
        }),
      output: z =>
        z.object({
          state: z.string(),
          items: z.number(),
          deleted: z.number(),
          deletedBytes: z.number(),
          kept: z.number(),
          failed: z.number(),
        }),
    },
    action: async ({ input, credentials }) => {
      const before = await garbage.get(input.id, {
        caller: callerOf(credentials),
      });
      const now =
        before.state === 'shown'
          ? await garbage.collect(input.id, { caller: callerOf(credentials) })
          : before;
      return { output: toProgress(now) };
    },
  });
}

function toProgress(collection: GarbageCollection) {
  const { state, itemCount, deleted, deletedBytes, keptAfterAll, failed } =
    collection;
  return {
    state,
    items: itemCount,
    deleted,
    deletedBytes,
    kept: keptAfterAll,
    failed,
  };
}
