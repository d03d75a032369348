import type { JobHandle, JobRuntime } from '@downstage/plugin-ml-jobs-node';
import type { JobRow } from '../stores/rows';

/**
 * How the runtime finds the newest attempt of a job: the stored handle, else the one that is known beforehand. A crash
 * may come between a submission and its writing down. A job that waits for its first attempt is asked about as of that.
 */
export function handleOf(
  job: Pick<JobRow, 'id' | 'attempt' | 'handle'>,
  runtime: JobRuntime,
): JobHandle {
  return (
    job.handle ??
    runtime.handleOf({ jobId: job.id, attempt: Math.max(1, job.attempt) })
  );
}
