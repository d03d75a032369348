import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import type { UploadService } from './UploadService';

/** Computes checksums of files that went past this server, and gives up uploads that nobody completes. */
export function startUploadReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  uploads: UploadService;
}): Reconciler {
  const { uploads, ...rest } = options;
  return startReconciler({
    ...rest,
    name: 'uploads',
    table: 'uploads',
    concurrency: 2,
    intervalMs: 10_000,
    // A large file is read once; a worker that takes over would only read it again.
    stepMs: 30 * 60_000,
    reconcile: ({ id }) => uploads.reconcile(id),
  });
}
