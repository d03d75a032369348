import { cli } from 'cleye';
import { command, jsonFlag, number, refuseMore } from '../command';
import { fewMetrics, metricsIn, show } from '../terminal/output';

export const search = command({
  path: ['search'],
  description:
    'Versions of all models by metric, param, stage, owner, flavor, data set',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help: {
          ...help,
          examples: [
            `downstage search "metrics.auc > 0.9 AND stage = 'production'" --order "metrics.auc DESC"`,
          ],
        },
        parameters: ['<filter>'],
        flags: {
          order: { type: String, description: 'metrics.auc DESC, name' },
          limit: { type: number, description: 'At most so many', default: 50 },
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ registry, output }) => {
      const { items } = await registry.searchModelVersions({
        query: {
          filter: given.filter,
          orderBy: flags.order,
          limit: flags.limit,
        },
      });
      const asked = metricsIn(`${given.filter} ${flags.order ?? ''}`);
      show(output, items, {
        json: flags.json,
        columns: ['version', 'stage', 'owner', 'flavors', 'metrics'],
        rows: items.map(version => ({
          version: version.ref,
          stage: version.stage,
          owner: version.owner,
          flavors: version.flavors.join(' ') || undefined,
          metrics: fewMetrics(version.metrics, {
            first: asked,
            most: 4,
          }),
        })),
        nothing: 'No version matches.',
      });
    };
  },
});
