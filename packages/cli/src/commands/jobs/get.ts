import { cli } from 'cleye';
import { jsonFlag, refuseMore } from '../../command';
import { describeJob } from '../../jobs/describeJob';
import { jobCommand } from '../../jobs/jobCommand';

export const get = jobCommand({
  path: ['jobs', 'get'],
  description: 'One job: state and why, source, inputs, what came of it',
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
    const { job: id } = given;
    return async ({ jobs, output }) => {
      const job = await jobs.getJob({ params: { id } });
      if (flags.json) output.json(job);
      else output.result(describeJob(job, new Date()));
    };
  },
});
