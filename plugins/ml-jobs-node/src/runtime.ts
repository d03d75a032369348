import type {
  JobAttempt,
  JobDefinition,
  JobSamples,
  Parameters,
} from '@downstage/plugin-ml-jobs-common';

/** One file of an input. */
export type InputFile = {
  /** Relative to the input: `2026/part-0.csv`. */
  name: string;
  size: number;
  sha256: string;
};

/** An input as a resolver finds it: a pinned version and its files, checked against their hashes. */
export type FoundInput = {
  /** The pinned version: `default/breast-masses@3`. */
  ref: string;
  /** Of the file, or over all files where there are several. */
  sha256: string;
  /** `csv`, `parquet`, … */
  format: string;
  files: InputFile[];
  /** The same rows as one table in Parquet, every value in its type. */
  tableFiles?: InputFile[];
  /** How a text file is written: delimiter, decimal, header, encoding, … */
  dialect?: Record<string, unknown>;
  /** Where the file is on the machine of the portal, or the folder of several. Absolute. */
  path: string;
  /** The same for the table. */
  table?: string;
};

/** A file of an input with the address of its bytes, fetched with the job's token as bearer. */
export type InputAddress = InputFile & { url: string };

/** An input made ready for an attempt. */
export type ResolvedInput = Omit<
  FoundInput,
  'files' | 'tableFiles' | 'path' | 'table'
> & {
  files: InputAddress[];
  tableFiles?: InputAddress[];
  /** Only for a runtime that reads `paths`: the file on this machine, or the folder of several. Absolute. */
  path?: string;
  /** The same for the table. */
  table?: string;
};

/** The code of a job at its commit. */
export type SourceAddress = {
  /** As the job names it: a folder of the portal or an https URL. */
  repository: string;
  commit: string;
  /** A tar archive of the project at the commit, fetched with the job's token as bearer. */
  fetchUrl: string;
  /** Only for a runtime that reads `paths`: a git repository on this machine that has the commit. Absolute. */
  path?: string;
};

/** One attempt of a job, with everything a runtime needs to run it. */
export type JobSpec = {
  jobId: string;
  attempt: number;
  name: string;
  /** Whose it is, as an entity ref: who may share what was made for it. */
  owner?: string;
  source: SourceAddress;
  definition: JobDefinition;
  parameters: Parameters;
  inputs: Record<string, ResolvedInput>;
  /**
   * Where the attempt may send what it writes, with its token as bearer: a `POST` of bytes with `?offset=` of the first one,
   * and `&worker=` of the process where there are several. The answer says where the log ends now.
   */
  logUrl: string;
  /** What source and inputs are fetched with, until the attempt ends. Never write it to disk or a log. */
  token: string;
  /**
   * What the process finds in its environment. Holds the job's token: never write it to disk or a log. A runtime that
   * fetches the inputs adds where they lie: `withInputPaths` does it.
   */
  variables: Record<string, string>;
};

/** How a runtime finds an attempt again after a restart. Stored with the job as JSON, so plain values only. */
export type JobHandle = Record<string, string | number>;

/** What a runtime cannot honour; shown to the user, never dropped. */
export type RuntimeWarning = { option: string; message: string };

/** Names one process of an attempt: `{ role: 'worker', rank: 1 }`. */
export type WorkerName = { role: string; rank: number };

/** What a runtime sees of one process of an attempt. */
export type WorkerObservation = WorkerName & {
  state: JobAttempt['state'] | 'waiting' | 'lost';
  /** The machine it runs on. */
  node?: string;
  exitCode?: number;
};

/**
 * What a runtime sees of an attempt.
 *
 * @remarks
 * - `waiting`: it was submitted, and a runtime that admits by itself has not let it start. Or the runtime has stopped it
 *   for another one, and lets it start again later.
 * - `absent`: nothing was started, or nothing is left of it that could tell how it ended before starting; submitting is safe.
 * - `lost`: it had been started and is gone without a result.
 */
export type JobObservation = {
  state:
    | 'absent'
    | 'waiting'
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
  /** Of one that waits: how many it has in front of it and itself, where the runtime knows. */
  position?: number;
  /** Of one that waits and had run: what runs in its place, as the runtime names it. */
  preemptedBy?: string;
  /** The processes of an attempt that has several, as many as are known. */
  workers?: WorkerObservation[];
};

export type SubmitResult = { handle: JobHandle; warnings: RuntimeWarning[] };

/** Why an attempt is ended from outside. */
export type CancelReason =
  | 'Cancelled'
  | 'TimedOut'
  | 'PortalStopped'
  | 'Preempted';

/** How many attempts may run at once, and what they may hold together. */
export type RuntimeCapacity = {
  slots: number;
  /** `cpu` in cores, `memory` in bytes, `gpus`; one that is absent is not counted. */
  resources?: { cpu?: number; memory?: number; gpus?: number };
};

/**
 * Where jobs run. The local process runtime ships in the box; a cluster is a module that adds its own.
 *
 * @remarks
 * Every method may be called twice, and by a process that has just been started and remembers nothing:
 * what a runtime needs to know it finds behind the handle. `describeJobRuntime` holds an implementation to this.
 *
 * The portal waits for no answer for ever, and asks again later: 5 seconds for `capacity`, 30 for `inspect`, a minute
 * for `submit`, and 4 minutes for `cancel`.
 */
export interface JobRuntime {
  readonly specVersion: 'v1';
  /** `local-process`, `kubernetes` */
  readonly id: string;
  /** How its jobs get source and inputs: from paths on the machine of the portal, or from addresses with a token. */
  readonly reads: 'paths' | 'addresses';
  /** From where its jobs call the portal: addresses are those inside of the deployment, or those that clients use. */
  readonly trackingUrl: 'internal' | 'external';
  /**
   * Who decides when an attempt starts. The portal submits when a slot is free. A runtime that admits gets each job at
   * once, and keeps its own queue. It answers `waiting` until it lets the attempt start.
   */
  readonly admission: 'portal' | 'runtime';
  /** How many attempts may run at once. Of a runtime that admits it is a figure for pages; nothing is counted by it. */
  capacity(): Promise<RuntimeCapacity>;
  /**
   * A handle of an attempt, known before anything is started, so that a crash in between loses nothing. The one that
   * `submit` returns may say more, such as the cluster; it is the one that is stored and used from then on.
   */
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

/** A runtime that keeps logs where they are, as long as the job is known. */
export interface JobRuntimeWithLogs extends JobRuntime {
  /**
   * Reads from a byte offset (negative: from the end), cut at whole characters. `size` is the length so far. With a
   * worker it is the log of that one, where there are several. A runtime that hides secrets keeps the begin of one back
   * until its rest is there. With `isOver` (the job has ended) it shows that too.
   */
  readLog(
    handle: JobHandle,
    options: {
      offset: number;
      limit: number;
      worker?: WorkerName;
      isOver?: boolean;
    },
  ): Promise<{
    text: string;
    offset: number;
    nextOffset: number;
    size: number;
  }>;
}

/**
 * A runtime whose logs go with its attempts. The portal fetches them while they are there, keeps them in its `LogStore`, and
 * reads from that. What an attempt sends to `logUrl` by itself is kept the same way and needs nothing of the runtime.
 */
export interface JobRuntimeWithPassingLogs extends JobRuntime {
  /**
   * Bytes from an offset of the log of an attempt, or of one of its workers: at most so many, none where nothing is there
   * yet or any more. The log of an attempt only grows. The portal waits for no answer after the signal.
   */
  fetchLog(
    handle: JobHandle,
    options: {
      offset: number;
      limit: number;
      worker?: WorkerName;
      signal: AbortSignal;
    },
  ): Promise<Uint8Array>;
}

/** What an attempt used, as a runtime has sampled it. */
export type AttemptSamples = Pick<
  JobSamples,
  'startedAt' | 'points' | 'peak' | 'mean'
>;

/** A runtime that samples what its attempts use, and keeps it as long as the job is known. */
export interface JobRuntimeWithSamples extends JobRuntime {
  /** At most 241 points, however long the attempt; nothing where there is no sample yet. */
  readSamples(handle: JobHandle): Promise<AttemptSamples | undefined>;
}

export function hasSamples(
  runtime: JobRuntime,
): runtime is JobRuntimeWithSamples {
  return 'readSamples' in runtime;
}

/** A runtime that runs an attempt as several processes, one or more a node, and tells of each. */
export interface JobRuntimeWithWorkers extends JobRuntime {
  readonly runsWorkers: true;
}

export function hasWorkers(
  runtime: JobRuntime,
): runtime is JobRuntimeWithWorkers {
  return 'runsWorkers' in runtime && runtime.runsWorkers === true;
}

/**
 * What a definition may ask for beyond a command on one machine.
 *
 * - `gpus`, `accelerators`, `nodes`, `processes`: an attempt gets as many as `resources` and `processesPerNode` say
 * - `distributed:ddp` and its like: its processes find each other as that framework expects it; `distributed`: as all do
 * - `images`, `extended-environments`: `environment.image`; requirements on top of a prebuilt environment
 * - `spot`, `checkpoints`: machines that may be taken away; a folder that outlives the attempt
 */
export type RuntimeFeature =
  | 'gpus'
  | 'accelerators'
  | 'nodes'
  | 'processes'
  | 'distributed'
  | `distributed:${NonNullable<JobDefinition['distributed']>}`
  | 'images'
  | 'extended-environments'
  | 'spot'
  | 'checkpoints';

/**
 * A runtime that says which features it has. A job that would train on less than it asks for is refused. What changes
 * nothing about the result is a warning.
 *
 * @remarks
 * A runtime that does not say gets `gpus` and `nodes` as they are, and counts as one without the others.
 */
export interface JobRuntimeWithFeatures extends JobRuntime {
  readonly features: readonly RuntimeFeature[];
}

export function hasFeatures(
  runtime: JobRuntime,
): runtime is JobRuntimeWithFeatures {
  return 'features' in runtime && Array.isArray(runtime.features);
}

/** What keeps jobs from the portal and from each other: one word for programs, a sentence for people. */
export type RuntimeIsolation = { kind: string; description: string };

/** A runtime that says how it isolates its jobs. */
export interface JobRuntimeWithIsolation extends JobRuntime {
  readonly isolation: RuntimeIsolation;
}

/**
 * A runtime whose attempts end with the portal. When the portal is stopped they are cancelled with `PortalStopped`.
 * They run again as a new attempt after the next start.
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

export function hasPassingLogs(
  runtime: JobRuntime,
): runtime is JobRuntimeWithPassingLogs {
  return 'fetchLog' in runtime;
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
