import { cli } from 'cleye';
import { collectItems } from '@downstage/common';
import { command, jsonFlag, modelPath, refuseMore } from '../command';
import { fewMetrics, metricsOfGates, show } from '../terminal/output';

export const versions = command({
  path: ['versions'],
  description: 'Versions of a model, with stage, aliases and metrics',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<model>'],
        flags: { json: jsonFlag },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    return async ({ registry, output }) => {
      const params = modelPath(given.model);
      const items = await collectItems(
        cursor =>
          registry.listModelVersions({ params, query: { limit: 500, cursor } }),
        Infinity,
      );
      show(output, items, {
        json: flags.json,
        columns: ['version', 'stage', 'aliases', 'metrics', 'created', 'by'],
        rows: items.map(version => ({
          version: version.ref,
          stage: version.stage,
          aliases: version.aliases.join(' ') || undefined,
          metrics: fewMetrics(version.metrics, {
            first: metricsOfGates(version),
            most: 3,
          }),
          created: version.createdAt.slice(0, 16).replace('T', ' '),
          by: version.createdBy,
        })),
        nothing: `${given.model} has no versions.`,
      });
    };
  },
});
