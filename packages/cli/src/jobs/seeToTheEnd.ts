import { setTimeout as pause } from 'node:timers/promises';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import { number } from '../command';
import type { CommandContext } from '../command';
import { warningOf } from './describeJob';
import { exitCodes } from './exitCodes';
import { reportEnd } from './reportEnd';
import { untilCtrlC } from './untilCtrlC';
import { waitForJob } from './waitForJob';

/** The flags of a command that submits a job. */
export const waitingFlags = {
  noWait: {
    type: Boolean,
    description: 'Print its id, and do not wait for its end',
    default: false,
  },
  every: {
    type: number,
    description: 'Seconds between two looks',
    default: 1,
  },
} as const;

/** After a job was submitted: says so, and waits for its end unless that is not wanted. */
export async function seeToTheEnd(
  context: CommandContext,
  job: Job,
  options: { noWait: boolean; every: number; json: boolean },
): Promise<void> {
  const { output, portal } = context;
  const { id, name, source } = job;
  output.note(
    `Submitted ${name} ${id}, at commit ${source.commit?.slice(0, 12)}: ${
      portal.baseUrl
    }/training/jobs/${id}`,
  );
  for (const warning of job.warnings) output.note(warningOf(warning));
  if (options.noWait) {
    if (options.json) output.json(job);
    else output.result(id);
    output.note(waysOn(id));
    return;
  }
  const ended = await untilCtrlC(signal =>
    waitForJob(context, {
      job,
      everyMs: options.every * 1000,
      now: () => new Date(),
      pause: ms => pause(ms, undefined, { signal }),
      say: output.note,
    }),
  );
  if (ended) {
    await reportEnd(context, ended, {
      json: options.json,
      log: true,
      now: new Date(),
    });
    return;
  }
  output.note(`${name} ${id} goes on. ${waysOn(id)}`);
  process.exitCode = exitCodes.interrupted;
}

export function waysOn(id: string): string {
  return `Follow it: downstage jobs logs -f ${id}. Cancel it: downstage jobs cancel ${id}`;
}
