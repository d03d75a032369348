import type { Job } from '@downstage/plugin-ml-jobs-common';

/** How long a job spent in each phase, in milliseconds, over all attempts. */
export type JobPhases = { waited: number; prepared: number; ran: number };

/** Adds up the timeline: each entry lasts until the next one, the last until the end or until now. */
export function jobPhases(
  job: Pick<Job, 'timeline' | 'endedAt'>,
  now: Date,
): JobPhases {
  const phases: JobPhases = { waited: 0, prepared: 0, ran: 0 };
  const phaseOf: Record<string, keyof JobPhases | undefined> = {
    submitted: 'waited',
    queued: 'waited',
    held: 'waited',
    blocked: 'waited',
    retrying: 'waited',
    // In the queue of the runtime: before it lets the attempt start, and after it stopped it for another one.
    waiting: 'waited',
    preempted: 'waited',
    preparing: 'prepared',
    running: 'ran',
  };
  job.timeline.forEach((entry, index) => {
    const phase = phaseOf[entry.type];
    if (!phase) return;
    const end = job.timeline[index + 1]?.at ?? job.endedAt ?? now.toISOString();
    phases[phase] += Math.max(0, Date.parse(end) - Date.parse(entry.at));
  });
  return phases;
}

/** From the first start to the end, or to now; nothing before the first start. */
export function jobDuration(
  job: Pick<Job, 'startedAt' | 'endedAt'>,
  now: Date,
): number | undefined {
  if (!job.startedAt) return undefined;
  const end = job.endedAt ? Date.parse(job.endedAt) : now.getTime();
  return Math.max(0, end - Date.parse(job.startedAt));
}
