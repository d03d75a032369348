import { memoryToAskFor, type Job } from '@downstage/plugin-ml-jobs-common';
import { reasonOf, type CommandContext } from '../command';
import { endOf } from './describeJob';
import { exitCodes } from './exitCodes';
import { lastLines } from './followLog';

const lastLinesShown = 15;

/** Says how a job ended, or that it is blocked, and what came of it; the end of the log of one that failed. Ends the command as the job ended. */
export async function reportEnd(
  { jobs, output }: Pick<CommandContext, 'jobs' | 'output'>,
  job: Job,
  options: { json: boolean; log: boolean; now: Date },
): Promise<void> {
  if (options.log && job.state === 'failed')
    output.note(
      await lastLines({ jobs }, { id: job.id, lines: lastLinesShown }).then(
        ({ text }) => `The end of its log:\n${text.trimEnd()}\n`,
        error => `Its log cannot be shown: ${reasonOf(error)}`,
      ),
    );
  if (options.json) output.json(job);
  else output.result(endOf(job, options.now));
  for (const { name, state, ref, message } of job.outputs ?? [])
    output.note(
      `  ${name}: ${state}${ref ?? message ? `, ${ref ?? message}` : ''}`,
    );
  const memory = memoryToAskFor(job);
  if (memory)
    output.note(
      `Run it again with more: downstage jobs rerun ${job.id} --memory ${memory}`,
    );
  if (job.state === 'blocked')
    output.note(
      `It starts once that has changed. Look: downstage jobs explain ${job.id}. Cancel it: downstage jobs cancel ${job.id}`,
    );
  if (job.state !== 'succeeded') process.exitCode = exitCodes.failed;
}
