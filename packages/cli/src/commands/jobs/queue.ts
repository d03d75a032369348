import { cli } from 'cleye';
import { jsonFlag, number, refuseMore } from '../../command';
import { agoOf, shortRef } from '../../jobs/describeJob';
import { jobCommand } from '../../jobs/jobCommand';
import { table } from '../../terminal/output';

export const queue = jobCommand({
  path: ['jobs', 'queue'],
  description: 'What runs, what waits in which order, and for which runtime',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        flags: {
          runtime: { type: String, description: 'Only of this runtime' },
          limit: {
            type: number,
            description: 'How many that wait, at most',
            default: 50,
          },
          cursor: {
            type: String,
            description: 'Go on where the list before ended',
          },
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 0);
    const { runtime, limit, cursor } = flags;
    return async ({ jobs, output }) => {
      const found = await jobs.getQueue({ query: { runtime, limit, cursor } });
      if (flags.json) {
        output.json(found);
        return;
      }
      const now = new Date();
      const { runtimes, running, queued, waiting, othersRunning } = found;
      const rows = [...running, ...queued].map(item => ({
        place: item.queuePosition ?? item.waiting?.position,
        id: item.id,
        name: item.name,
        state: item.state,
        owner: shortRef(item.owner),
        since: agoOf(item.startedAt ?? item.createdAt, now),
        why: item.waiting?.reason,
      }));
      const blocks = [
        table(
          runtimes.map(({ id, slots, isDefault }) => ({
            ...{ runtime: id, slots },
            default: isDefault ? 'yes' : undefined,
          })),
          ['runtime', 'slots', 'default'],
        ),
        ...(rows.length
          ? [
              table(rows, [
                ...['place', 'id', 'name', 'state', 'owner', 'since', 'why'],
              ]),
            ]
          : []),
      ];
      output.result(blocks.join('\n\n'));
      if (!rows.length) output.note('Nothing runs, and nothing waits.');
      if (othersRunning)
        output.note(`${othersRunning} more run that you may not see`);
      if (found.nextCursor)
        output.note(
          `${waiting} wait in all. There are more: add --cursor ${found.nextCursor}`,
        );
    };
  },
});
