import { spawn } from 'node:child_process';
import {
  mkdir,
  open,
  readFile,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import { isAlive } from '@downstage/node';
import { jobSamplesSchema } from '@downstage/plugin-ml-jobs-common';
import type {
  AttemptSamples,
  CancelReason,
  JobHandle,
  JobObservation,
  JobRuntimeOfPortal,
  JobRuntimeWithFeatures,
  JobRuntimeWithIsolation,
  JobRuntimeWithLogs,
  JobRuntimeWithSamples,
  JobSpec,
  RuntimeCapacity,
  RuntimeFeature,
  RuntimeIsolation,
  RuntimeWarning,
  SubmitResult,
} from '@downstage/plugin-ml-jobs-node';
import { z } from 'zod';
import { describeKill, describeOutOfMemory } from '../../domain/describeMemory';
import { memoryBytes } from '../../domain/duration';
import { expressionOfSecrets, Secrets } from '../../domain/secrets';
import { FileLogStore, safe } from '../../logs/FileLogStore';
import type { LogFile } from '../../logs/LogFile';
import { AttemptFailure } from './AttemptFailure';
import { Checkpoints } from './Checkpoints';
import { Environments, type Environment } from './Environments';
import type { Isolation } from './isolation/Isolation';
import { killAll, type AttemptProcess } from './processes';
import { basics } from './runTool';
import { logFilterScript } from './logFilterScript';
import { watchScript } from './watchScript';
import { makeWorkingCopy } from './workingCopy';
import { wrapperScript } from './wrapper';

const identitySchema = z.object({
  pid: z.number(),
  start: z.string(),
  boot: z.string(),
  supervised: z.boolean().optional(),
  uid: z.number().optional(),
});
const exitSchema = z.object({ exitCode: z.number() });
/** What the watcher writes before it ends a job for its memory. */
const overMemorySchema = z.object({
  limitBytes: z.number(),
  usedBytes: z.number(),
});
const usageSchema = jobSamplesSchema
  .pick({ startedAt: true, points: true, peak: true, mean: true })
  .extend({ killsBySystem: z.number() });
const failureSchema = z.object({ reason: z.string(), message: z.string() });
const cancelSchema = z.object({
  reason: z.enum(['Cancelled', 'TimedOut', 'PortalStopped', 'Preempted']),
});
const preparedSchema = z.object({
  environment: z.string(),
  isolation: z.string().optional(),
  keepCheckpoints: z.number().optional(),
});

const cancelMessages: Record<CancelReason, string> = {
  Cancelled: 'Cancelled',
  TimedOut: 'Killed because it took longer than its timeout',
  PortalStopped: 'The portal was stopped',
  Preempted: 'Stopped for a job that comes first',
};

/** What is kept of the log of a job, and how fast it may be written for long. */
export type LogLimits = {
  headBytes: number;
  tailBytes: number;
  bytesPerSecond: number;
};

const mib = 1024 ** 2;
const usualLogLimits: LogLimits = {
  headBytes: 64 * mib,
  tailBytes: 64 * mib,
  bytesPerSecond: 8 * mib,
};

type Task = {
  controller: AbortController;
  done: Promise<void>;
  message: string;
};

/**
 * Runs jobs as processes on this machine, each in the isolation the machine has.
 *
 * @remarks
 * All that is known of an attempt is in its folder. So a portal started later finds it as it is: running (same process
 * number and start time), ended (`exit.json`), failed before it began (`failure.json`), ended by us (`cancel.json`), or
 * lost. Only preparing lives in this process; after a crash it begins anew.
 */
export class LocalProcessRuntime
  implements
    JobRuntimeWithLogs,
    JobRuntimeOfPortal,
    JobRuntimeWithFeatures,
    JobRuntimeWithIsolation,
    JobRuntimeWithSamples
{
  readonly specVersion = 'v1';
  readonly id = 'local-process';
  readonly reads = 'paths';
  readonly trackingUrl = 'internal';
  readonly admission = 'portal';
  readonly endsWithPortal = true;
  readonly features: readonly RuntimeFeature[] = [
    'checkpoints',
    'extended-environments',
    'processes',
    ...(['distributed:ddp', 'distributed:fsdp', 'distributed:jax'] as const),
  ];
  readonly isolation: RuntimeIsolation;
  readonly place?: string;
  readonly #folder: string;
  readonly #environments: Environments;
  readonly #sandbox: Isolation;
  readonly #readOnly: readonly string[];
  readonly #logs: FileLogStore;
  readonly #sourceHosts: readonly string[];
  readonly #slots: number;
  readonly #resources: RuntimeCapacity['resources'];
  readonly #graceMs: number;
  readonly #niceness: number;
  readonly #sampleMs: number;
  readonly #mostSamples: number;
  readonly #logLimits: LogLimits;
  readonly #onChange: (job: { jobId: string }) => void;
  readonly #tasks = new Map<string, Task>();
  readonly #swept = new Set<string>();

  constructor(options: {
    /** Where jobs keep their source and log. */
    folder: string;
    environments: Environments;
    /** What keeps a job from the portal and from other jobs. */
    isolation: Isolation;
    /** What every job may read besides its own. */
    readOnly?: readonly string[];
    /** What no log may show, besides the tokens of jobs and people. */
    secrets?: readonly string[];
    /** Hosts from which submodules may be fetched. */
    sourceHosts?: readonly string[];
    /** The name of the folder, where several portals share a database. */
    place?: string;
    slots: number;
    /** What its jobs may hold together; not counted unless given. */
    resources?: RuntimeCapacity['resources'];
    /** How long a process has to end by itself after it was asked to. */
    graceMs?: number;
    niceness?: number;
    /** How far apart the samples are of what a job uses. */
    sampleMs?: number;
    /** How many of them are kept; then neighbours are joined. */
    mostSamples?: number;
    log?: LogLimits;
    /** Told when an attempt started or ended; a hint to look, no more. */
    onChange?: (job: { jobId: string }) => void;
  }) {
    this.#folder = options.folder;
    this.#environments = options.environments;
    this.#sandbox = options.isolation;
    const { kind, promise } = options.isolation;
    this.isolation = { kind, description: promise };
    this.#readOnly = options.readOnly ?? [];
    this.#logs = new FileLogStore({
      folder: options.folder,
      secrets: new Secrets(options.secrets ?? []),
    });
    this.#sourceHosts = options.sourceHosts ?? [];
    this.place = options.place;
    this.#slots = options.slots;
    this.#resources = options.resources;
    this.#graceMs = options.graceMs ?? 10_000;
    this.#niceness = options.niceness ?? 5;
    this.#sampleMs = options.sampleMs ?? 5_000;
    this.#mostSamples = options.mostSamples ?? 240;
    this.#logLimits = options.log ?? usualLogLimits;
    this.#onChange = options.onChange ?? (() => {});
  }

  async capacity(): Promise<RuntimeCapacity> {
    return {
      slots: this.#slots,
      ...(this.#resources && { resources: this.#resources }),
    };
  }

  handleOf(job: { jobId: string; attempt: number }): JobHandle {
    return { jobId: job.jobId, attempt: job.attempt };
  }

  async submit(
    job: JobSpec,
    options: { idempotencyKey: string; signal: AbortSignal },
  ): Promise<SubmitResult> {
    options.signal.throwIfAborted();
    const handle = this.handleOf(job);
    const key = keyOf(handle);
    const warnings = this.#warningsFor(job);
    if (this.#tasks.has(key)) return { handle, warnings };

    // Taken before the first await, so that two calls at once start one task.
    let release = () => {};
    const task: Task = {
      controller: new AbortController(),
      done: new Promise(resolve => {
        release = resolve;
      }),
      message: 'Preparing',
    };
    this.#tasks.set(key, task);
    const { state } = await this.#read(handle);
    if (state !== 'absent') {
      this.#tasks.delete(key);
      release();
      return { handle, warnings };
    }
    void this.#start(job, handle, task).finally(() => {
      this.#tasks.delete(key);
      release();
      this.#onChange({ jobId: job.jobId });
    });
    return { handle, warnings };
  }

  async inspect(handle: JobHandle): Promise<JobObservation> {
    const task = this.#tasks.get(keyOf(handle));
    const seen = await this.#read(handle);
    if (task && (seen.state === 'absent' || seen.state === 'preparing')) {
      return { ...seen, state: 'preparing', message: task.message };
    }
    return seen;
  }

  async cancel(
    handle: JobHandle,
    options: { reason: CancelReason },
  ): Promise<void> {
    const folder = this.#attemptFolder(handle);
    const seen = await this.inspect(handle);
    if (!['absent', 'preparing', 'running'].includes(seen.state)) return;

    await mkdir(folder, { recursive: true });
    // The first reason stays: a second request does not change why it ended.
    await writeFile(
      join(folder, 'cancel.json'),
      JSON.stringify({ reason: options.reason }),
      {
        flag: 'wx',
      },
    ).catch(() => undefined);
    const task = this.#tasks.get(keyOf(handle));
    task?.controller.abort();
    await task?.done;
    const identity = await readJson(
      join(folder, 'process.json'),
      identitySchema,
    );
    if (identity) {
      await killAll(identity, {
        marker: markerOf(handle),
        graceMs: this.#graceMs,
      });
      await this.#prune(handle);
    } else {
      // Shuts the door on a wrapper that a portal killed at the wrong moment may have left behind.
      await mkdir(join(folder, 'started')).catch(() => undefined);
    }
    await this.#log(handle).write(`Ended: ${options.reason}`);
    this.#onChange({ jobId: String(handle.jobId) });
  }

  async readLog(
    handle: JobHandle,
    options: { offset: number; limit: number; isOver?: boolean },
  ) {
    return this.#logs.read(logOf(handle), options);
  }

  async readSamples(handle: JobHandle): Promise<AttemptSamples | undefined> {
    const path = join(this.#attemptFolder(handle), 'usage.json');
    const usage = await readJson(path, usageSchema);
    if (!usage) return undefined;
    const { startedAt, points, peak, mean } = usage;
    return { startedAt, points, peak, mean };
  }

  async #start(job: JobSpec, handle: JobHandle, task: Task): Promise<void> {
    const folder = this.#attemptFolder(handle);
    const log = this.#log(handle);
    const { signal } = task.controller;
    const progress = async (line: string) => {
      task.message = line;
      await log.write(line);
    };
    try {
      await mkdir(join(folder, 'home'), { recursive: true });
      await mkdir(join(folder, 'tmp'), { recursive: true });
      await progress(
        `Attempt ${
          job.attempt
        }: copying the source at commit ${job.source.commit.slice(0, 12)}`,
      );
      const work = join(folder, 'source');
      if (!job.source.path)
        throw new AttemptFailure(
          'SourceMissing',
          'The portal gave no folder with the source of the job',
        );
      await makeWorkingCopy({
        repository: job.source.path,
        commit: job.source.commit,
        target: work,
        hosts: this.#sourceHosts,
        progress,
        signal,
      });
      const environment = await this.#environments.provide({
        project: work,
        owner: job.owner ?? job.jobId,
        environment: job.definition.environment,
        progress,
        signal,
      });
      await writeWhole(join(folder, 'prepared.json'), {
        environment: environment.id,
        isolation: this.#sandbox.kind,
        keepCheckpoints: job.definition.checkpoint?.keep,
      });
      const checkpoints = await this.#openCheckpoints(job, handle, progress);
      signal.throwIfAborted();
      await progress(`Running: ${job.definition.entryPoint}`);
      await this.#run(job, handle, {
        ...{ folder, work, environment, checkpoints },
      });
    } catch (error) {
      if (signal.aborted) return;
      const failure =
        error instanceof AttemptFailure
          ? { reason: error.reason, message: error.message }
          : { reason: 'PreparationFailed', message: stringifyError(error) };
      await log.write(`${failure.reason}: ${failure.message}`);
      await writeWhole(join(folder, 'failure.json'), failure);
    }
  }

  /** The folder of the job's checkpoints, where it asks for one. The log says from what the attempt may go on. */
  async #openCheckpoints(
    { attempt, definition: { checkpoint } }: JobSpec,
    handle: JobHandle,
    progress: (line: string) => Promise<void>,
  ): Promise<string | undefined> {
    if (!checkpoint) return undefined;
    await this.#prune(handle);
    const checkpoints = this.#checkpoints(handle);
    await checkpoints.open();
    const [newest, ...others] = await checkpoints.list();
    if (newest) {
      await progress(
        `Checkpoints of earlier attempts: ${others.length + 1}; the newest is ${
          newest.name
        } of ${newest.changedAt.toISOString()}`,
      );
    } else if (attempt > 1) {
      await progress('No earlier attempt has left a checkpoint');
    }
    return checkpoints.folder;
  }

  /** Removes the checkpoints that the job does not ask to keep. */
  async #prune(handle: JobHandle): Promise<void> {
    const prepared = await readJson(
      join(this.#attemptFolder(handle), 'prepared.json'),
      preparedSchema,
    );
    if (prepared?.keepCheckpoints === undefined) return;
    const problem = await this.#checkpoints(handle).prune(
      prepared.keepCheckpoints,
    );
    if (problem)
      await this.#log(handle).write(
        `Old checkpoints could not be removed: ${problem}`,
      );
  }

  /** Starts the wrapper and returns when it has written down who it is. */
  async #run(
    job: JobSpec,
    handle: JobHandle,
    place: {
      folder: string;
      work: string;
      environment: Environment;
      checkpoints: string | undefined;
    },
  ): Promise<void> {
    const { folder, work, environment, checkpoints } = place;
    const { memory, cpu } = job.definition.resources ?? {};
    const processes = job.definition.processesPerNode ?? 1;
    const threads = threadsOf({ cpu, processes });
    const home = join(folder, 'home');
    const wrapped = await this.#sandbox.wrap(
      await groupCommand(await shellCommand(job.definition.entryPoint), {
        processes,
        distributed: job.definition.distributed,
        python: join(environment.bin, 'python'),
        graceSeconds: this.#graceMs / 1000,
      }),
      {
        id: keyOf(handle),
        cwd: work,
        writable: [work, home, ...(checkpoints ? [checkpoints] : [])],
        readOnly: [
          ...environment.reads,
          ...this.#readOnly,
          ...new Set(
            Object.values(job.inputs).flatMap(({ path, table }) =>
              [path, table].filter(given => given !== undefined),
            ),
          ),
        ],
        tmp: join(folder, 'tmp'),
      },
    );
    const output = await open(this.#log(handle).path, 'a', 0o600);
    try {
      const child = spawn(
        '/bin/sh',
        [
          '-c',
          wrapperScript,
          'downstage-job',
          folder,
          String(this.#niceness),
          `,"supervised":${wrapped.supervised}${
            wrapped.uid === undefined ? '' : `,"uid":${wrapped.uid}`
          }`,
          process.execPath,
          `${logFilterScript}\n${watchScript}`,
          `${environment.bin}:${basics().PATH}`,
          ...wrapped.command,
        ],
        {
          cwd: work,
          detached: true,
          stdio: ['ignore', output.fd, output.fd],
          env: {
            ...basics(),
            HOME: home,
            USER: 'downstage',
            LOGNAME: 'downstage',
            VIRTUAL_ENV: environment.root,
            PYTHONUNBUFFERED: '1',
            PYTHONNOUSERSITE: '1',
            GIT_PYTHON_REFRESH: 'quiet',
            ...(threads && {
              OMP_NUM_THREADS: threads,
              OPENBLAS_NUM_THREADS: threads,
              MKL_NUM_THREADS: threads,
            }),
            ...wrapped.env,
            ...withMovedInputs(job.variables, wrapped.moved),
            ...(checkpoints && { DOWNSTAGE_CHECKPOINT_DIR: checkpoints }),
            ...markerVariable(handle),
            DOWNSTAGE_MASK: expressionOfSecrets(secretsOf(job.variables)),
            DOWNSTAGE_WATCH: JSON.stringify({
              folder,
              limit: memory && memoryBytes(memory),
              uid: wrapped.uid,
              everyMs: this.#sampleMs,
              mostPoints: this.#mostSamples,
              path: basics().PATH,
            }),
            DOWNSTAGE_LOG: JSON.stringify({
              path: this.#log(handle).path,
              burstBytes: this.#logLimits.headBytes + this.#logLimits.tailBytes,
              ...this.#logLimits,
            }),
          },
        },
      );
      child.on('exit', () => this.#onChange({ jobId: job.jobId }));
      child.unref();
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      await this.#untilIdentified(folder);
    } finally {
      await output.close();
    }
  }

  async #untilIdentified(folder: string): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (performance.now() < deadline) {
      if (await readJson(join(folder, 'process.json'), identitySchema)) return;
      await new Promise(resolve => {
        setTimeout(resolve, 10);
      });
    }
    throw new AttemptFailure(
      'StartFailed',
      'The process did not start within 10 s',
    );
  }

  /** The attempt as its folder tells it. */
  async #read(handle: JobHandle): Promise<JobObservation> {
    const folder = this.#attemptFolder(handle);
    const file = (name: string) => join(folder, name);
    const prepared = await readJson(file('prepared.json'), preparedSchema);
    const startedAt = await timeOf(file('process.json'));
    const common = {
      ...(prepared && { environment: prepared.environment }),
      ...(prepared?.isolation && { isolation: prepared.isolation }),
      ...(startedAt && { startedAt }),
    };
    const identity = await readJson(file('process.json'), identitySchema);
    // Alive is asked before the exit file is read: in the other order an end in between would look like a loss.
    const alive = identity ? await isAlive(identity) : false;
    const exit = await readJson(file('exit.json'), exitSchema);
    const cancelled = await readJson(file('cancel.json'), cancelSchema);

    if (exit && !(cancelled && exit.exitCode !== 0)) {
      if (identity) await this.#sweep(handle, identity);
      const overMemory =
        exit.exitCode !== 0 &&
        (await readJson(file('memory.json'), overMemorySchema));
      return {
        ...common,
        ...(overMemory
          ? { ...endOf(overMemory), exitCode: exit.exitCode }
          : describeExit(
              exit.exitCode,
              await readJson(file('usage.json'), usageSchema),
            )),
        endedAt: await timeOf(file('exit.json')),
      };
    }
    if (alive) return { ...common, state: 'running' };
    if (cancelled) {
      return {
        ...common,
        state: 'cancelled',
        reason: cancelled.reason,
        message: cancelMessages[cancelled.reason],
        endedAt: await timeOf(file('cancel.json')),
      };
    }
    const failure = await readJson(file('failure.json'), failureSchema);
    if (failure) {
      return {
        ...common,
        state: 'failed',
        ...failure,
        endedAt: await timeOf(file('failure.json')),
      };
    }
    const started = await stat(file('started')).catch(() => undefined);
    if (!identity && !started) return { ...common, state: 'absent' };
    if (!identity && started && Date.now() - started.mtimeMs < 10_000) {
      return { ...common, state: 'preparing' };
    }
    if (identity) await this.#sweep(handle, identity);
    const overMemory = await readJson(file('memory.json'), overMemorySchema);
    if (overMemory) {
      const endedAt = await timeOf(file('memory.json'));
      return { ...common, ...endOf(overMemory), endedAt };
    }
    return {
      ...common,
      state: 'lost',
      reason: 'ProcessLost',
      message:
        'The process is gone and left no result; it was killed from outside, or the machine was restarted',
    };
  }

  /** Processes that a command leaves running in the background end with it. */
  async #sweep(handle: JobHandle, identity: AttemptProcess): Promise<void> {
    const key = keyOf(handle);
    if (this.#swept.has(key)) return;
    this.#swept.add(key);
    await killAll(identity, {
      marker: markerOf(handle),
      graceMs: this.#graceMs,
    });
    await this.#prune(handle);
  }

  #warningsFor(job: JobSpec): RuntimeWarning[] {
    const { cpu, memory } = job.definition.resources ?? {};
    const cores = availableParallelism();
    const warnings: RuntimeWarning[] = [];
    if (this.isolation.kind === 'none') {
      warnings.push({
        option: 'isolation',
        message: `none: ${this.isolation.description}`,
      });
    }
    if (cpu && cpu > cores) {
      warnings.push({
        option: 'resources.cpu',
        message: `${cpu} asked for; this machine has ${cores}`,
      });
    }
    if (memory && process.platform !== 'linux') {
      warnings.push({
        option: 'resources.memory',
        message: 'Not limited on this system',
      });
    }
    return warnings;
  }

  #attemptFolder(handle: JobHandle): string {
    return join(
      this.#folder,
      safe(handle.jobId),
      `attempt-${Number(handle.attempt)}`,
    );
  }

  #checkpoints(handle: JobHandle): Checkpoints {
    return new Checkpoints(
      join(this.#folder, safe(handle.jobId), 'checkpoints'),
    );
  }

  #log(handle: JobHandle): LogFile {
    return this.#logs.fileOf(logOf(handle));
  }
}

/** How an attempt ended that was over its memory. */
function endOf(overMemory: z.output<typeof overMemorySchema>) {
  return {
    state: 'failed',
    reason: 'OutOfMemory',
    message: describeOutOfMemory({ ...overMemory, machineBytes: totalmem() }),
  } as const;
}

function describeExit(
  exitCode: number,
  usage: z.output<typeof usageSchema> | undefined,
): Pick<JobObservation, 'state' | 'reason' | 'message' | 'exitCode'> {
  if (exitCode === 0)
    return {
      state: 'succeeded',
      reason: 'Completed',
      message: 'Completed',
      exitCode,
    };
  if (exitCode === 137) {
    return {
      state: 'failed',
      reason: 'ProcessKilled',
      message: describeKill({
        usedBytes: usage?.peak?.memory,
        killsBySystem: usage?.killsBySystem,
      }),
      exitCode,
    };
  }
  if (exitCode > 128) {
    return {
      state: 'failed',
      reason: 'ProcessKilled',
      message: `The command was ended by signal ${
        exitCode - 128
      } (code ${exitCode})`,
      exitCode,
    };
  }
  return {
    state: 'failed',
    reason: 'ProcessFailed',
    message: `The command ended with code ${exitCode}; the end of the log says why`,
    exitCode,
  };
}

/**
 * The command as its author typed it. In its shell a pipe fails when any part of it fails: of
 * `python train.py | tee log` the training counts, not the tee. Without bash that is not to be had.
 */
async function shellCommand(entryPoint: string): Promise<string[]> {
  for (const bash of ['/bin/bash', '/usr/bin/bash']) {
    if (await stat(bash).catch(() => undefined))
      return [bash, '-o', 'pipefail', '-c', entryPoint];
  }
  return ['/bin/sh', '-c', entryPoint];
}

/** Where there are several processes, the command that starts all of them and ends them together. */
async function groupCommand(
  command: string[],
  options: {
    processes: number;
    distributed: string | undefined;
    python: string;
    graceSeconds: number;
  },
): Promise<string[]> {
  const { processes, distributed, python, graceSeconds } = options;
  if (processes === 1) return command;
  const script = await readFile(
    resolvePackagePath(
      '@downstage/plugin-ml-jobs-backend',
      'runner/processes.py',
    ),
    'utf8',
  );
  const settings = JSON.stringify({ processes, distributed, graceSeconds });
  return [python, '-I', '-S', '-c', script, settings, ...command];
}

/** Threads of numeric libraries in one process. Several processes that do not say what they need have one each. */
function threadsOf(options: {
  cpu: number | undefined;
  processes: number;
}): string | undefined {
  const { cpu, processes } = options;
  if (processes === 1)
    return cpu === undefined ? undefined : String(Math.ceil(cpu));
  return String(Math.max(1, Math.floor((cpu ?? 1) / processes)));
}

/** What a job is told and its log is not. */
function secretsOf(variables: Record<string, string>): string[] {
  return Object.entries(variables)
    .filter(([name]) => /(TOKEN|SECRET|PASSWORD|API_?KEY)$/.test(name))
    .map(([, value]) => value);
}

/** The variables of a job, with the paths at which it finds its inputs. */
function withMovedInputs(
  variables: Record<string, string>,
  moved: ReadonlyMap<string, string> | undefined,
): Record<string, string> {
  if (!moved?.size) return variables;
  const inputs = z
    .record(
      z.string(),
      z.looseObject({ path: z.string(), table: z.string().optional() }),
    )
    .parse(JSON.parse(variables.DOWNSTAGE_INPUTS ?? '{}'));
  for (const input of Object.values(inputs)) {
    input.path = moved.get(input.path) ?? input.path;
    if (input.table) input.table = moved.get(input.table) ?? input.table;
  }
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      if (name === 'DOWNSTAGE_INPUTS') return [name, JSON.stringify(inputs)];
      if (!name.startsWith('DOWNSTAGE_INPUT_')) return [name, value];
      return [name, moved.get(value) ?? value];
    }),
  );
}

function keyOf(handle: JobHandle): string {
  return `${handle.jobId}/${handle.attempt}`;
}

function markerVariable(handle: JobHandle): Record<string, string> {
  return { DOWNSTAGE_ATTEMPT: keyOf(handle) };
}

function markerOf(handle: JobHandle): string {
  return `DOWNSTAGE_ATTEMPT=${keyOf(handle)}`;
}

/** All attempts of a job share one log. */
function logOf(handle: JobHandle) {
  return { jobId: String(handle.jobId) };
}

async function readJson<T extends z.ZodType>(
  path: string,
  schema: T,
): Promise<z.output<T> | undefined> {
  try {
    // Whole or absent: what is broken was not written by us.
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.part`, JSON.stringify(value));
  await rename(`${path}.part`, path);
}

async function timeOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ mtime }) => mtime.toISOString(),
    () => undefined,
  );
}
