import type { RunFact } from '../tracking/stores/RunFactStore';

export type { RunFact };

/** Where versions read about their runs. Tracking implements it; another tracking server could. */
export interface RunFacts {
  /** Runs by id, those that exist. */
  of(runIds: string[]): Promise<Map<string, RunFact>>;

  /** Runs that these jobs made and nobody deleted, newest first. */
  ofJobs(jobIds: string[]): Promise<{ runId: string; jobId: string }[]>;
}
