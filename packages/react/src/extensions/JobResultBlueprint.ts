import type { ComponentType } from 'react';
import {
  createExtensionBlueprint,
  createExtensionDataRef,
} from '@backstage/frontend-plugin-api';

/** What came of a job, in the words of a plugin that knows: nothing where it has nothing to say. */
export type JobResult = ComponentType<{ jobId: string }>;

const resultDataRef = createExtensionDataRef<JobResult>().with({
  id: 'downstage.job-result',
});

/**
 * Adds to what the page of a job says came of it. The page asks whatever is installed and knows none of it.
 *
 * @example
 * ```ts
 * const result = JobResultBlueprint.make({ params: { Result: ReproductionResult } });
 * ```
 */
export const JobResultBlueprint = createExtensionBlueprint({
  kind: 'job-result',
  attachTo: { id: 'page:ml-jobs', input: 'results' },
  output: [resultDataRef],
  dataRefs: { result: resultDataRef },
  factory: (params: { Result: JobResult }) => [resultDataRef(params.Result)],
});
