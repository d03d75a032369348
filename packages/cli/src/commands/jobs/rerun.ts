import { cli } from 'cleye';
import { jsonFlag, number, refuseMore } from '../../command';
import { jobCommand } from '../../jobs/jobCommand';
import { readParameters } from '../../jobs/parameters';
import { seeToTheEnd, waitingFlags } from '../../jobs/seeToTheEnd';

export const rerun = jobCommand({
  path: ['jobs', 'rerun'],
  description:
    'Run a job again, at the same ref and with the newest data, and wait for its end',
  read: ({ args, info, help }) => {
    const { flags, _: given } = cli(
      {
        name: info.usage,
        strictFlags: true,
        help,
        parameters: ['<job>'],
        flags: {
          reason: { type: String, description: 'Why, kept with the job' },
          param: {
            type: [String] as const,
            description: 'A parameter in place of that of the job: C=0.5',
          },
          cpu: { type: number, description: 'Cores, in place of those it had' },
          memory: { type: String, description: 'Such as 4Gi, in its place' },
          gpus: { type: number, description: 'GPUs, in place of those it had' },
          ...waitingFlags,
          json: jsonFlag,
        },
      },
      undefined,
      args,
    );
    refuseMore(given, 1);
    const parameters = readParameters(flags.param);
    const { cpu, memory, gpus } = flags;
    const asked =
      cpu !== undefined || memory !== undefined || gpus !== undefined;
    const resources = asked ? { cpu, memory, gpus } : undefined;
    const { job: id } = given;
    return async context => {
      const job = await context.jobs.rerunJob({
        params: { id },
        body: {
          reason: flags.reason,
          parameters,
          resources,
        },
      });
      await seeToTheEnd(context, job, flags);
    };
  },
});
