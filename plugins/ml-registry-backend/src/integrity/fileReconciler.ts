import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Knex } from 'knex';
import { readingMs, type VersionFileReader } from './VersionFileReader';

/** Reads the files of versions that nobody has read yet. Apart from other checks, because files may be large. */
export function startFileReconciler(options: {
  knex: Knex;
  logger: LoggerService;
  clock: Clock;
  reader: VersionFileReader;
}): Reconciler {
  const { reader, ...rest } = options;
  return startReconciler({
    ...rest,
    name: 'version files',
    table: 'version_files',
    stepMs: readingMs,
    retryMs: 30_000,
    concurrency: 2,
    async reconcile(lease) {
      await reader.step(lease);
      // The reader has written the row, where the version is still there.
      return undefined;
    },
  });
}
