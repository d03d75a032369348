import { spawn } from 'node:child_process';
import {
  mkdir,
  open,
  readFile,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { stringifyError } from '@backstage/errors';
import type {
  CancelReason,
  JobHandle,
  JobObservation,
  JobRuntimeOfPortal,
  JobRuntimeWithIsolation,
  JobRuntimeWithLogs,
  JobSpec,
  RuntimeIsolation,
  RuntimeWarning,
  SubmitResult,
} from '@downstage/plugin-ml-jobs-node';
import { z } from 'zod';
import { memoryBytes } from '../../domain/duration';
import { expressionOfSecrets } from '../../domain/secrets';
import { AttemptFailure } from './AttemptFailure';
import { Environments, type Environment } from './Environments';
import type { Isolation } from './isolation/Isolation';
import { JobLogFile } from './JobLogFile';
import { isAlive, killAll, type ProcessIdentity } from './processes';
import { basics } from './runTool';
import { logFilterScript } from './logFilterScript';
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
const failureSchema = z.object({ reason: z.string(), message: z.string() });
const cancelSchema = z.object({
  reason: z.enum(['Cancelled', 'TimedOut', 'PortalStopped']),
});
const preparedSchema = z.object({
  environment: z.string(),
  isolation: z.string().optional(),
});

const cancelMessages: Record<CancelReason, string> = {
  Cancelled: 'Cancelled',
  TimedOut: 'Killed because it took longer than its timeout',
  PortalStopped: 'The portal was stopped',
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
 * All that is known of an attempt is in its folder, so a portal started later finds it as it is:
 * running (same process number and start time), ended (`exit.json`), failed before it began (`failure.json`), ended by us
 * (`cancel.json`), or lost. Only preparing lives in this process; after a crash it begins anew.
 */
export class LocalProcessRuntime
  implements JobRuntimeWithLogs, JobRuntimeOfPortal, JobRuntimeWithIsolation
{
  readonly specVersion = 'v1';
  readonly id = 'local-process';
  readonly endsWithPortal = true;
  readonly isolation: RuntimeIsolation;
  readonly place?: string;
  readonly #folder: string;
  readonly #environments: Environments;
  readonly #sandbox: Isolation;
  readonly #readOnly: readonly string[];
  readonly #secrets: RegExp;
  readonly #sourceHosts: readonly string[];
  readonly #slots: number;
  readonly #graceMs: number;
  readonly #niceness: number;
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
    /** How long a process has to end by itself after it was asked to. */
    graceMs?: number;
    niceness?: number;
    /** Told when an attempt started or ended; a hint to look, no more. */
    onChange?: (job: { jobId: string }) => void;
  }) {
    this.#folder = options.folder;
    this.#environments = options.environments;
    this.#sandbox = options.isolation;
    const { kind, promise } = options.isolation;
    this.isolation = { kind, description: promise };
    this.#readOnly = options.readOnly ?? [];
    this.#secrets = new RegExp(expressionOfSecrets(options.secrets ?? []), 'g');
    this.#sourceHosts = options.sourceHosts ?? [];
    this.place = options.place;
    this.#slots = options.slots;
    this.#graceMs = options.graceMs ?? 10_000;
    this.#niceness = options.niceness ?? 5;
    this.#onChange = options.onChange ?? (() => {});
  }

  async capacity() {
    return { slots: this.#slots };
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
    // The first reason stays: whoever asks again does not change why it ended.
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
    } else {
      // Shuts the door on a wrapper that a portal killed at the wrong moment may have left behind.
      await mkdir(join(folder, 'started')).catch(() => undefined);
    }
    await this.#log(handle).write(`Ended: ${options.reason}`);
    this.#onChange({ jobId: String(handle.jobId) });
  }

  async readLog(handle: JobHandle, options: { offset: number; limit: number }) {
    return this.#log(handle).read(options);
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
      await makeWorkingCopy({
        ...job.source,
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
      });
      signal.throwIfAborted();
      await progress(`Running: ${job.definition.entryPoint}`);
      await this.#run(job, handle, { folder, work, environment });
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

  /** Starts the wrapper and returns when it has written down who it is. */
  async #run(
    job: JobSpec,
    handle: JobHandle,
    place: { folder: string; work: string; environment: Environment },
  ): Promise<void> {
    const { folder, work, environment } = place;
    const { memory, cpu } = job.definition.resources ?? {};
    const threads = cpu ? String(Math.max(1, Math.ceil(cpu))) : undefined;
    const home = join(folder, 'home');
    const wrapped = await this.#sandbox.wrap(
      await shellCommand(job.definition.entryPoint),
      {
        id: keyOf(handle),
        cwd: work,
        writable: [work, home],
        readOnly: [
          ...environment.reads,
          ...this.#readOnly,
          ...Object.values(job.inputs).flatMap(({ path, table }) =>
            table && table !== path ? [path, table] : [path],
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
          String(memory ? Math.floor(memoryBytes(memory) / 1024) : 0),
          String(this.#niceness),
          `,"supervised":${wrapped.supervised}${
            wrapped.uid === undefined ? '' : `,"uid":${wrapped.uid}`
          }`,
          process.execPath,
          logFilterScript,
          ...wrapped.command,
        ],
        {
          cwd: work,
          detached: true,
          stdio: ['ignore', output.fd, output.fd],
          env: {
            ...basics(),
            PATH: `${environment.bin}:${basics().PATH}`,
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
            ...markerVariable(handle),
            DOWNSTAGE_MASK: expressionOfSecrets(secretsOf(job.variables)),
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
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
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
      return {
        ...common,
        ...describeExit(exit.exitCode),
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
    return {
      ...common,
      state: 'lost',
      reason: 'ProcessLost',
      message:
        'The process is gone and left no result; it was killed from outside, or the machine was restarted',
    };
  }

  /** What a command leaves running in the background ends with it. */
  async #sweep(handle: JobHandle, identity: ProcessIdentity): Promise<void> {
    const key = keyOf(handle);
    if (this.#swept.has(key)) return;
    this.#swept.add(key);
    await killAll(identity, {
      marker: markerOf(handle),
      graceMs: this.#graceMs,
    });
  }

  #warningsFor(job: JobSpec): RuntimeWarning[] {
    const { gpus, nodes, cpu, memory } = job.definition.resources ?? {};
    const cores = availableParallelism();
    const warnings: RuntimeWarning[] = [];
    if (this.isolation.kind === 'none') {
      warnings.push({
        option: 'isolation',
        message: `none: ${this.isolation.description}`,
      });
    }
    if (gpus) {
      warnings.push({
        option: 'resources.gpus',
        message: `${gpus} asked for; the local runtime gives none, what the machine has is visible to the process`,
      });
    }
    if (nodes && nodes > 1) {
      warnings.push({
        option: 'resources.nodes',
        message: `${nodes} asked for; the local runtime has one`,
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

  #log(handle: JobHandle): JobLogFile {
    return new JobLogFile(
      join(this.#folder, safe(handle.jobId), 'log.txt'),
      this.#secrets,
    );
  }
}

function describeExit(
  exitCode: number,
): Pick<JobObservation, 'state' | 'reason' | 'message' | 'exitCode'> {
  if (exitCode === 0)
    return {
      state: 'succeeded',
      reason: 'Completed',
      message: 'Completed',
      exitCode,
    };
  if (exitCode > 128) {
    const signal = exitCode - 128;
    return {
      state: 'failed',
      reason: 'ProcessKilled',
      message: `The command was ended by signal ${signal} (code ${exitCode})${
        signal === 9 ? '; often the system ran out of memory' : ''
      }`,
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
 * The command as its author typed it, for a shell in which a pipe fails when any part of it fails: of
 * `python train.py | tee log` the training counts, not the tee. Without bash that is not to be had.
 */
async function shellCommand(entryPoint: string): Promise<string[]> {
  for (const bash of ['/bin/bash', '/usr/bin/bash']) {
    if (await stat(bash).catch(() => undefined))
      return [bash, '-o', 'pipefail', '-c', entryPoint];
  }
  return ['/bin/sh', '-c', entryPoint];
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

function safe(value: string | number): string {
  return String(value).replace(/[^a-zA-Z0-9_-]/g, '_');
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
