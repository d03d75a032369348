import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type {
  GateVerdict,
  Model,
  VersionSummary,
} from '@downstage/plugin-ml-registry-common';
import { callerOf, pageInput } from '@downstage/node';
import type { ModelService } from './ModelService';
import { pathOfModel } from '../kernel/paths';

/** `list-models` and `get-model`. */
export function registerReadActions(deps: {
  actions: ActionsRegistryService;
  models: ModelService;
}) {
  const { actions, models } = deps;

  actions.register({
    name: 'list-models',
    title: 'List models',
    description:
      'Lists the registered machine-learning models: ref, owner, risk, number of versions, the version in production with its metrics, ' +
      'and how many promotions wait for a decision. A model without `production` serves nobody yet. ' +
      'Use get-model for the details of one.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          owner: z
            .string()
            .regex(/^[^:/]+:[^:/]+\/[^:/]+$/, 'Expected group:default/name')
            .optional()
            .describe('Only models of this owner, as group:default/name'),
          query: z
            .string()
            .optional()
            .describe(
              'Words, each of which is in the name, title, description or owner',
            ),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          models: z.array(
            z.object({
              ref: z.string(),
              title: z.string().optional(),
              owner: z.string().optional(),
              risk: z.string(),
              versionCount: z.number(),
              latestVersion: z.number().optional(),
              pendingPromotions: z.number(),
              production: z
                .object({
                  version: z.number(),
                  metrics: z.record(z.number()),
                })
                .optional(),
            }),
          ),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const page = await models.list(input, { caller: callerOf(credentials) });
      return {
        output: {
          models: page.items.map(toListed),
          nextCursor: page.nextCursor,
        },
      };
    },
  });

  actions.register({
    name: 'get-model',
    title: 'Get model',
    description:
      'Returns one model with its version in production, the newest versions with their stages and metrics, and its health in the registry: ' +
      "'ok' when the version in production passes its gates, 'attention' when a gate fails or a promotion waits, " +
      "'no-production' when nothing is in production. Whether it answers requests is known to get-endpoint of ml-serving, whether its data drifted to get-drift of ml-monitoring.",
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          model: z
            .string()
            .describe("The model's ref or name: model:default/churn or churn"),
        }),
      output: z =>
        z.object({
          ref: z.string(),
          title: z.string().optional(),
          description: z.string().optional(),
          owner: z.string().optional(),
          risk: z.string(),
          health: z.object({
            status: z.enum(['ok', 'attention', 'no-production']),
            message: z.string(),
          }),
          production: z
            .object({
              version: z.number(),
              metrics: z.record(z.number()),
              runId: z.string().optional(),
              createdAt: z.string(),
            })
            .optional(),
          pendingPromotions: z.number(),
          versions: z.array(
            z.object({
              version: z.number(),
              stage: z.string(),
              metrics: z.record(z.number()),
              datasets: z.array(z.string()),
              createdAt: z.string(),
              createdBy: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const path = pathOfModel(input.model);
      const call = { caller: callerOf(credentials) };
      const model = await models.get(path, call);
      const { items } = await models.listVersions({ ...path, limit: 10 }, call);
      const champion =
        model.production &&
        (await models.getVersion(
          { ...path, version: model.production.version },
          call,
        ));
      return {
        output: {
          ref: model.ref,
          title: model.title,
          description: model.description,
          owner: model.owner,
          risk: model.risk,
          health: healthOf(model, champion?.gates ?? []),
          production: model.production && toProduction(model.production),
          pendingPromotions: model.pendingPromotions,
          versions: items.map(version => ({
            version: version.version,
            stage: version.stage,
            metrics: version.metrics,
            datasets: version.datasets.map(({ ref, name }) => ref ?? name),
            createdAt: version.createdAt,
            createdBy: version.createdBy,
          })),
        },
      };
    },
  });
}

function toListed(model: Model) {
  return {
    ref: model.ref,
    title: model.title,
    owner: model.owner,
    risk: model.risk,
    versionCount: model.versionCount,
    latestVersion: model.latestVersion,
    pendingPromotions: model.pendingPromotions,
    production: model.production && {
      version: model.production.version,
      metrics: model.production.metrics,
    },
  };
}

function toProduction(summary: VersionSummary) {
  const { version, metrics, runId, createdAt } = summary;
  return { version, metrics, runId, createdAt };
}

function healthOf(model: Model, gates: GateVerdict[]) {
  const { production, pendingPromotions } = model;
  if (!production) {
    return {
      status: 'no-production' as const,
      message: pendingPromotions
        ? `No version is in production; ${pendingPromotions} promotions wait for a decision`
        : 'No version is in production',
    };
  }
  const failed = gates.filter(({ status }) => status === 'failed');
  const reasons = [
    ...failed.map(({ message }) => message),
    ...(pendingPromotions
      ? [`${pendingPromotions} promotions wait for a decision`]
      : []),
  ];
  if (reasons.length) {
    return { status: 'attention' as const, message: reasons.join('; ') };
  }
  return {
    status: 'ok' as const,
    message: `Version ${production.version} is in production and passes its gates`,
  };
}
