import type {
  JobDefinition,
  Parameters,
} from '@downstage/plugin-ml-jobs-common';

/** An input made ready: files on this machine, checked against their hash. */
export type ResolvedInput = {
  /** The pinned version: `default/breast-masses@3`. */
  ref: string;
  /** Absolute path of the file, or of the folder when the version has several files. */
  path: string;
  sha256: string;
  /** `csv`, `parquet`, … */
  format: string;
  /** The same rows as one table in Parquet, every value in its type: a file, or a folder of several. Absolute. */
  table?: string;
  /** How a text file is written: delimiter, decimal, header, encoding, … */
  dialect?: Record<string, unknown>;
};

/** One attempt of a job, with everything a runtime needs to run it. */
export type JobSpec = {
  jobId: string;
  attempt: number;
  name: string;
  /** Whose it is, as an entity ref: who may share what was made for it. */
  owner?: string;
  source: { repository: string; commit: string };
  definition: JobDefinition;
  parameters: Parameters;
  inputs: Record<string, ResolvedInput>;
  /** What the process finds in its environment. Holds the job's token: never write it to disk or a log. */
  variables: Record<string, string>;
};

/** How a runtime finds an attempt again after a restart; stored as JSON, so plain values only. */
export type JobHandle = Record<string, string | number>;

/** What a runtime cannot honour; shown to the user, never dropped. */
export type RuntimeWarning = { option: string; message: string };

/**
 * What a runtime sees of an attempt.
 *
 * @remarks
 * - `absent`: nothing was started, or nothing is left of it that could tell how it ended before starting; submitting is safe.
 * - `lost`: it had been started and is gone without a result.
 */
export type JobObservation = {
  state:
    | 'absent'
    | 'preparing'
    | 'running'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'lost';
  /** One CamelCase word for programs. */
  reason?: string;
  /** One sentence for a person. */
  message?: string;
  exitCode?: number;
  startedAt?: string;
  endedAt?: string;
  /** The environment it runs in, by its hash or name. */
  environment?: string;
  /** What keeps it from the rest of the machine, in one word. */
  isolation?: string;
  warnings?: RuntimeWarning[];
};

export type SubmitResult = { handle: JobHandle; warnings: RuntimeWarning[] };

/** Why an attempt is ended from outside. */
export type CancelReason = 'Cancelled' | 'TimedOut' | 'PortalStopped';

/**
 * Where jobs run. The local process runtime ships in the box; a cluster is a module that adds its own.
 *
 * @remarks
 * Every method may be called twice, and by a process that has just been started and remembers nothing:
 * what a runtime needs to know it finds behind the handle. `describeJobRuntime` holds an implementation to this.
 */
export interface JobRuntime {
  readonly specVersion: 'v1';
  /** `local-process`, `kubernetes` */
  readonly id: string;
  /** How many attempts may run at once. */
  capacity(): Promise<{ slots: number }>;
  /** The handle of an attempt, known before anything is started, so that a crash in between loses nothing. */
  handleOf(job: { jobId: string; attempt: number }): JobHandle;
  /**
   * Starts an attempt and returns soon; preparing goes on behind `inspect`. The same idempotency key never starts a second one.
   */
  submit(
    job: JobSpec,
    options: { idempotencyKey: string; signal: AbortSignal },
  ): Promise<SubmitResult>;
  inspect(handle: JobHandle): Promise<JobObservation>;
  /** Ends the attempt with all its processes. Returns when none is left; does nothing when it has ended. */
  cancel(handle: JobHandle, options: { reason: CancelReason }): Promise<void>;
}

/** A runtime that keeps logs. */
export interface JobRuntimeWithLogs extends JobRuntime {
  /** Reads from a byte offset (negative: from the end), cut at whole characters. `size` is the length so far. */
  readLog(
    handle: JobHandle,
    options: { offset: number; limit: number },
  ): Promise<{
    text: string;
    offset: number;
    nextOffset: number;
    size: number;
  }>;
}

/** What keeps jobs from the portal and from each other: one word for programs, a sentence for people. */
export type RuntimeIsolation = { kind: string; description: string };

/** A runtime that says how it isolates its jobs. */
export interface JobRuntimeWithIsolation extends JobRuntime {
  readonly isolation: RuntimeIsolation;
}

/**
 * A runtime whose attempts end with the portal. When the portal is stopped they are cancelled with
 * `PortalStopped`, and run again as a new attempt after the next start.
 */
export interface JobRuntimeOfPortal extends JobRuntime {
  readonly endsWithPortal: true;
}

/**
 * A runtime whose attempts live on one machine. Only a portal that has the same place follows them; nobody else would see
 * them, and take a job that runs for one that never began.
 */
export interface JobRuntimeOfPlace extends JobRuntime {
  readonly place: string;
}

export function placeOf(runtime: JobRuntime): string | undefined {
  return 'place' in runtime && typeof runtime.place === 'string'
    ? runtime.place
    : undefined;
}

export function hasLogs(runtime: JobRuntime): runtime is JobRuntimeWithLogs {
  return 'readLog' in runtime;
}

export function endsWithPortal(
  runtime: JobRuntime,
): runtime is JobRuntimeOfPortal {
  return 'endsWithPortal' in runtime && runtime.endsWithPortal === true;
}

export function hasIsolation(
  runtime: JobRuntime,
): runtime is JobRuntimeWithIsolation {
  return 'isolation' in runtime;
}
