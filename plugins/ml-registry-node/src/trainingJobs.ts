import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { PinnedJob } from '@downstage/plugin-ml-registry-common';

/** What is on record of a job that trained a version. */
export type RecordedJob = {
  id: string;
  repository: string;
  /** Absent for a job whose source was no git repository. */
  commit?: string;
  definition: Record<string, unknown>;
  parameters: Record<string, string | number | boolean>;
  /** Inputs as they were read: `default/breast-masses@3`. */
  inputs: { name: string; ref: string }[];
  environment?: string;
  owner: string;
  model?: string;
};

/** The jobs a model comes from, in the name of the caller. */
export interface TrainingJobs {
  /** The job, or `undefined` when it is not there any more. */
  find(
    id: string,
    options: { credentials: BackstageCredentials },
  ): Promise<RecordedJob | undefined>;
  /** Submits a job whose every part is pinned; answers its id. */
  submit(
    job: PinnedJob,
    options: { credentials: BackstageCredentials },
  ): Promise<{ id: string }>;
}
