import { NotFoundError } from '@backstage/errors';
import type { JobWorker } from '@downstage/plugin-ml-jobs-common';
import type { WorkerName } from '@downstage/plugin-ml-jobs-node';

/** How people and requests call one of the processes of an attempt: `worker/1`. */
export function formatWorker({ role, rank }: WorkerName): string {
  return `${role}/${rank}`;
}

/** Only one that the runtime has told of: what a caller writes goes to no runtime and names no file. */
export function workerOf(
  job: { id: string; attempt: number },
  workers: readonly JobWorker[],
  named: string,
): JobWorker {
  const found = workers.find(worker => formatWorker(worker) === named);
  if (found) return found;
  throw new NotFoundError(
    workers.length
      ? `Attempt ${job.attempt} of job ${
          job.id
        } has no worker '${named}'; it has ${
          workers.length
        }, the first is ${formatWorker(workers[0])}`
      : `Attempt ${job.attempt} of job ${job.id} has one process; name no 'worker'`,
  );
}
