import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { callerOf, pageInput } from '@downstage/node';
import type { VersionSearchService } from './VersionSearchService';

/** `search-model-versions` */
export function registerSearchActions(deps: {
  actions: ActionsRegistryService;
  versionSearch: VersionSearchService;
}) {
  const { actions, versionSearch } = deps;
  actions.register({
    name: 'search-model-versions',
    title: 'Search model versions',
    description:
      'Finds versions of all registered models by what their training run measured and used. The filter is MLflow’s search language: ' +
      "comparisons joined by AND, such as metrics.auc > 0.9 AND params.depth = '4' AND stage = 'production' AND " +
      "owner = 'group:default/diagnostics' AND flavor = 'sklearn' AND dataset.name = 'masses'. Also name, run_id, tags.<key>. " +
      'orderBy is for example metrics.auc DESC, name.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          filter: z
            .string()
            .max(4000)
            .optional()
            .describe("metrics.auc > 0.9 AND stage = 'production'"),
          orderBy: z
            .string()
            .max(1000)
            .optional()
            .describe('metrics.auc DESC, name'),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          versions: z.array(
            z.object({
              ref: z.string(),
              modelRef: z.string(),
              version: z.number(),
              stage: z.string(),
              owner: z.string().optional(),
              metrics: z.record(z.number()),
              params: z.record(z.string()),
              flavors: z.array(z.string()),
              runId: z.string().optional(),
              createdAt: z.string(),
            }),
          ),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const page = await versionSearch.search(input, {
        caller: callerOf(credentials),
      });
      return {
        output: {
          versions: page.items.map(version => ({
            ref: version.ref,
            modelRef: version.modelRef,
            version: version.version,
            stage: version.stage,
            owner: version.owner,
            metrics: version.metrics,
            params: version.params,
            flavors: version.flavors,
            runId: version.runId,
            createdAt: version.createdAt,
          })),
          nextCursor: page.nextCursor,
        },
      };
    },
  });
}
