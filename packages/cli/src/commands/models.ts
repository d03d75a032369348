import { cli } from 'cleye';
import { collectItems } from '@downstage/common';
import { command, jsonFlag, ownerRef, refuseMore } from '../command';
import { show } from '../terminal/output';

export const models = command({
  path: ['models'],
  description: 'Registered models, and what is in production',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        flags: {
          owner: {
            type: ownerRef,
            description: 'Only of this owner: diagnostics, user:default/ann',
          },
          query: { type: String, description: 'Only with these words' },
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 0);
    return async ({ registry, output }) => {
      const { owner, query } = flags;
      const items = await collectItems(
        cursor =>
          registry.listModels({ query: { limit: 500, owner, query, cursor } }),
        Infinity,
      );
      show(output, items, {
        json: flags.json,
        columns: [
          ...['model', 'owner', 'production'],
          ...['candidate', 'staging', 'versions'],
        ],
        rows: items.map(model => ({
          model: model.name,
          owner: model.owner,
          production: model.production && `v${model.production.version}`,
          candidate: model.candidate && `v${model.candidate.version}`,
          staging: model.staging && `v${model.staging.version}`,
          versions: model.versionCount,
        })),
        nothing: 'No model matches.',
      });
    };
  },
});
