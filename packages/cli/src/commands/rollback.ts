import { cli } from 'cleye';
import { command, modelPath, number, refuseMore } from '../command';

export const rollback = command({
  path: ['rollback'],
  description: 'Bring back the last production version, or one named, at once',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<model>', '<reason>'],
        flags: {
          to: { type: number, description: 'A version that was in production' },
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 2);
    return async ({ registry, output }) => {
      const model = await registry.rollbackModel({
        params: modelPath(given.model),
        body: { reason: given.reason, toVersion: flags.to },
      });
      output.result(
        `${model.name}: version ${model.production?.version} is in production`,
      );
    };
  },
});
