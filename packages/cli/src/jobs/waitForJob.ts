import type { Job } from '@downstage/plugin-ml-jobs-common';
import type { CommandContext } from '../command';
import { isOver, progressOf, tookOf } from './describeJob';
import { patiently, type Waiting } from './patiently';

/**
 * Looks at a job until it is over, and says how far it is. A portal that is started again meanwhile is waited for. A job
 * that is blocked is not: somebody has to change something first.
 */
export async function waitForJob(
  { jobs, output }: Pick<CommandContext, 'jobs' | 'output'>,
  options: Waiting & { job: Job; everyMs: number; now: () => Date },
): Promise<Job> {
  const { id } = options.job;
  let last = options.job;
  while (!isOver(last) && last.state !== 'blocked') {
    output.progress(progressOf(last), tookOf(last, options.now()));
    await options.pause(options.everyMs);
    last = await patiently(() => jobs.getJob({ params: { id } }), options);
  }
  return last;
}
