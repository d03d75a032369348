import type { JobExplanation } from '@downstage/plugin-ml-jobs-common';
import { cli } from 'cleye';
import { jsonFlag, refuseMore } from '../../command';
import { jobCommand } from '../../jobs/jobCommand';
import { table } from '../../terminal/output';

export const explain = jobCommand({
  path: ['jobs', 'explain'],
  description: 'Why a job waits, who is ahead, and what can be done',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<job>'],
        flags: { json: jsonFlag },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    const { job } = given;
    return async ({ jobs, output }) => {
      const found = await jobs.explainJob({ params: { id: job } });
      if (flags.json) output.json(found);
      else output.result(textOf(found));
    };
  },
});

function textOf(found: JobExplanation): string {
  const { position, waiting, ahead, othersAhead, month, canDo } = found;
  const blocks = [
    [
      `${found.message.replace(/\.$/, '')}.`,
      `State ${found.state}, queue ${found.queue}, priority ${found.priority}, runtime ${found.runtime}.`,
      ...(position ? [`Place ${position} of ${waiting}.`] : []),
      ...ahead.map(one => `Ahead: ${one.id} (${one.name}, ${one.owner})`),
      ...(ahead.length && othersAhead ? [`And ${othersAhead} more.`] : []),
    ],
    found.lacking.length
      ? [
          table(
            found.lacking.map(lack => ({
              ...lack,
              ...Object.fromEntries(
                (['needed', 'total', 'used', 'held', 'free'] as const).map(
                  key => [key, shown(lack.resource, lack[key])],
                ),
              ),
            })),
            ['resource', 'needed', 'free', 'used', 'held', 'total'],
          ),
        ]
      : [],
    month.map(
      ({ unit, used, quota, left }) =>
        `This month: ${shown(unit, used)} of ${quota} ${unit}, ${shown(
          unit,
          left,
        )} left.`,
    ),
    canDo.map(line => `${line}.`),
  ];
  return blocks
    .filter(lines => lines.length)
    .map(lines => lines.join('\n'))
    .join('\n\n');
}

function shown(resource: string, amount: number): string {
  if (resource === 'memory')
    return `${Math.round((amount / 2 ** 30) * 100) / 100}Gi`;
  return String(Math.round(amount * 100) / 100);
}
