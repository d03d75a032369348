import { cli } from 'cleye';
import { jsonFlag, refuseMore } from '../../command';
import { shortRef, tookOf } from '../../jobs/describeJob';
import { exitCodes } from '../../jobs/exitCodes';
import { jobCommand } from '../../jobs/jobCommand';
import { confirmed } from '../../terminal/confirmed';
import { plainLine } from '../../terminal/plainText';

export const cancel = jobCommand({
  path: ['jobs', 'cancel'],
  description: 'Cancel a job that waits or runs; its processes are killed',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<job>'],
        flags: {
          reason: { type: String, description: 'Why, kept with the job' },
          yes: {
            type: Boolean,
            alias: 'y',
            description: 'Do not ask, which happens on a terminal only',
            default: false,
          },
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    const { job: id } = given;
    return async ({ jobs, output }) => {
      if (!flags.yes && process.stdin.isTTY && process.stderr.isTTY) {
        const job = await jobs.getJob({ params: { id } });
        const took = tookOf(job, new Date());
        const what = plainLine(
          `${job.name} ${id} of ${shortRef(job.owner)}, ${job.state}${
            took ? ` for ${took}` : ''
          }`,
        );
        if (!(await confirmed(`Cancel ${what}? [y/N] `))) {
          output.note('Not cancelled');
          process.exitCode = exitCodes.failed;
          return;
        }
      }
      const job = await jobs.cancelJob({
        params: { id },
        body: { reason: flags.reason },
      });
      if (flags.json) output.json(job);
      else
        output.result(
          job.state === 'cancelled'
            ? `${job.name} ${id} is cancelled`
            : `${job.name} ${id} is being cancelled: its processes are ended`,
        );
    };
  },
});
