import { createHash } from 'node:crypto';
import { withInputPaths, type InputPaths } from '../inputVariables';
import type {
  CancelReason,
  InputAddress,
  JobHandle,
  JobObservation,
  JobRuntimeWithPassingLogs,
  JobRuntimeWithWorkers,
  JobSpec,
  SubmitResult,
  WorkerName,
  WorkerObservation,
} from '../runtime';
import { runMiniShell } from './miniShell';

type Attempt = {
  spec: JobSpec;
  seen: JobObservation;
  files: Map<string, Buffer>;
  log: string;
  /** By rank, where it has several. */
  logs: string[];
};

/** A program of an attempt, for what the few commands of `runMiniShell` cannot do. Answers the exit code. */
export type InMemoryProgram = (attempt: {
  spec: JobSpec;
  variables: Record<string, string>;
  files: ReadonlyMap<string, Buffer>;
  write: (text: string) => void;
}) => Promise<number>;

/** What outlives a portal: the attempts, by name. Runtimes of several portals may share one. */
export class InMemoryCluster {
  readonly attempts = new Map<string, Attempt>();
}

/**
 * A runtime without processes, for tests: a cluster that is a map. It has no disk in common with the portal, so it fetches
 * source and inputs from their addresses. It admits by itself: what finds no room waits. Its commands are those of `runMiniShell`,
 * and programs of a test by their name.
 */
export class InMemoryRuntime
  implements JobRuntimeWithPassingLogs, JobRuntimeWithWorkers
{
  readonly specVersion = 'v1';
  readonly id: string;
  readonly reads = 'addresses';
  readonly trackingUrl = 'external';
  readonly admission = 'runtime';
  readonly runsWorkers = true;
  readonly #cluster: InMemoryCluster;
  readonly #slots: number;
  readonly #fetch: typeof fetch;
  readonly #programs: Record<string, InMemoryProgram>;

  constructor(
    options: {
      id?: string;
      cluster?: InMemoryCluster;
      slots?: number;
      fetch?: typeof fetch;
      /** By entry point: what an attempt with this one runs instead of a command. */
      programs?: Record<string, InMemoryProgram>;
    } = {},
  ) {
    this.id = options.id ?? 'in-memory';
    this.#cluster = options.cluster ?? new InMemoryCluster();
    this.#slots = options.slots ?? 2;
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    this.#programs = options.programs ?? {};
  }

  async capacity() {
    return { slots: this.#slots };
  }

  handleOf(job: { jobId: string; attempt: number }): JobHandle {
    return { name: `${job.jobId}-${job.attempt}` };
  }

  async submit(
    spec: JobSpec,
    options: { idempotencyKey: string; signal: AbortSignal },
  ): Promise<SubmitResult> {
    options.signal.throwIfAborted();
    const handle = this.handleOf(spec);
    const name = String(handle.name);
    if (!this.#cluster.attempts.has(name)) {
      const attempt: Attempt = {
        spec,
        seen: { state: 'waiting' },
        files: new Map(),
        log: '',
        logs: [],
      };
      this.#cluster.attempts.set(name, attempt);
      this.#admit();
    }
    // It says more than the one that is known beforehand, as that of a cluster does.
    return { handle: { ...handle, cluster: 'memory' }, warnings: [] };
  }

  async inspect(handle: JobHandle): Promise<JobObservation> {
    return { ...(this.#find(handle)?.seen ?? { state: 'absent' }) };
  }

  async cancel(handle: JobHandle, { reason }: { reason: CancelReason }) {
    const attempt = this.#find(handle);
    if (attempt && !isOver(attempt.seen)) {
      end(attempt, { state: 'cancelled', reason, message: reason });
      this.#admit();
    }
  }

  /** Stops an attempt for another one; it waits until `resume`. */
  preempt(handle: JobHandle, by: string): void {
    const attempt = this.#find(handle);
    if (attempt?.seen.state !== 'running')
      throw new Error('Only an attempt that runs can be preempted');
    attempt.seen = {
      state: 'waiting',
      reason: 'Preempted',
      message: `Stopped for ${by}; it runs again when there is room`,
      preemptedBy: by,
    };
    this.#admit();
  }

  /** Lets an attempt that was stopped run again. */
  resume(handle: JobHandle): void {
    const attempt = this.#find(handle);
    if (!attempt?.seen.preemptedBy)
      throw new Error('Only an attempt that was preempted can be resumed');
    attempt.seen = running();
  }

  async fetchLog(
    handle: JobHandle,
    options: { offset: number; limit: number; worker?: WorkerName },
  ) {
    const { offset, limit, worker } = options;
    const attempt = this.#find(handle);
    const text = worker ? attempt?.logs[worker.rank] : attempt?.log;
    return Buffer.from(text ?? '').subarray(offset, offset + limit);
  }

  /** Drops what an attempt wrote, as a cluster does with a pod that is gone. */
  dropLog(handle: JobHandle): void {
    const attempt = this.#find(handle);
    if (!attempt) return;
    attempt.log = '';
    attempt.logs = [];
  }

  /** The content of a file that an attempt has fetched: `source`, or the name of an input and of its file. */
  fetched(handle: JobHandle, name: string): Buffer | undefined {
    return this.#find(handle)?.files.get(name);
  }

  /** What the portal has handed over. */
  specOf(handle: JobHandle): JobSpec | undefined {
    return this.#find(handle)?.spec;
  }

  #find(handle: JobHandle): Attempt | undefined {
    return this.#cluster.attempts.get(String(handle.name));
  }

  /** Lets attempts start in the order of their submission while there is room; the others know their place. */
  #admit(): void {
    const attempts = [...this.#cluster.attempts.values()];
    let room =
      this.#slots -
      attempts.filter(({ seen }) =>
        ['preparing', 'running'].includes(seen.state),
      ).length;
    let position = 0;
    for (const attempt of attempts) {
      const { seen } = attempt;
      if (seen.state !== 'waiting' || seen.preemptedBy) continue;
      if (room > 0) {
        room -= 1;
        attempt.seen = { state: 'preparing', message: 'Fetching the source' };
        void this.#start(attempt);
      } else {
        position += 1;
        attempt.seen = {
          state: 'waiting',
          reason: 'NoRoom',
          message: `Waits for room: ${this.#slots} of ${this.#slots} run`,
          position,
        };
      }
    }
  }

  async #start(attempt: Attempt): Promise<void> {
    const { spec, files } = attempt;
    try {
      files.set('source', await this.#get(spec.source.fetchUrl, spec.token));
      const places: Record<string, InputPaths> = {};
      for (const [name, input] of Object.entries(spec.inputs)) {
        for (const file of input.files) {
          files.set(`${name}/${file.name}`, await this.#getFile(file, spec));
        }
        const [only] = input.files;
        places[name] = {
          path: input.files.length === 1 ? `${name}/${only.name}` : name,
        };
      }
      if (isOver(attempt.seen)) return;
      attempt.seen = running();
      const variables = withInputPaths(spec, places);
      const program = this.#programs[spec.definition.entryPoint];
      const exitCode = program
        ? await program({ spec, variables, files, write: writeTo(attempt) })
        : runWorkers(attempt, variables);
      if (exitCode === undefined || isOver(attempt.seen)) return;
      finish(attempt, exitCode);
      this.#admit();
    } catch (error) {
      if (isOver(attempt.seen)) return;
      const message = error instanceof Error ? error.message : String(error);
      attempt.log += `${message}\n`;
      end(attempt, { state: 'failed', reason: 'PreparationFailed', message });
      this.#admit();
    }
  }

  async #getFile(file: InputAddress, { token }: JobSpec): Promise<Buffer> {
    const content = await this.#get(file.url, token);
    const found = createHash('sha256').update(content).digest('hex');
    if (found === file.sha256) return content;
    throw new Error(
      `'${file.name}' is not what was registered: expected sha256 ${file.sha256}, found ${found}`,
    );
  }

  async #get(url: string, token: string): Promise<Buffer> {
    const response = await this.#fetch(url, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
}

function writeTo(attempt: Attempt): (text: string) => void {
  return text => {
    attempt.log += text;
  };
}

/** Runs the command once a node. The first code that is not 0 counts; none while one of them goes on. */
function runWorkers(
  attempt: Attempt,
  variables: Record<string, string>,
): number | undefined {
  const { spec, files } = attempt;
  const count = spec.definition.resources?.nodes ?? 1;
  const workers: WorkerObservation[] = [];
  for (let rank = 0; rank < count; rank++) {
    attempt.logs[rank] = '';
    const result = runMiniShell(spec.definition.entryPoint, {
      variables: { ...variables, RANK: String(rank) },
      files,
      write: text => {
        attempt.logs[rank] += text;
        if (rank === 0) attempt.log += text;
      },
    });
    const name = { role: 'worker', rank, node: `node-${rank}` };
    if (result === 'sleeping') workers.push({ ...name, state: 'running' });
    else {
      const { exitCode } = result;
      const state = exitCode === 0 ? 'succeeded' : 'failed';
      workers.push({ ...name, state, exitCode });
    }
  }
  if (count > 1) attempt.seen.workers = workers;
  if (workers.some(({ state }) => state === 'running')) return undefined;
  return workers.find(({ exitCode }) => exitCode)?.exitCode ?? 0;
}

function running(): JobObservation {
  return {
    state: 'running',
    startedAt: new Date().toISOString(),
    environment: 'in-memory',
  };
}

function isOver({ state }: JobObservation): boolean {
  return ['succeeded', 'failed', 'cancelled', 'lost'].includes(state);
}

function end(attempt: Attempt, seen: JobObservation): void {
  attempt.seen = {
    ...attempt.seen,
    ...seen,
    endedAt: new Date().toISOString(),
  };
}

function finish(attempt: Attempt, exitCode: number): void {
  end(
    attempt,
    exitCode === 0
      ? {
          state: 'succeeded',
          reason: 'Completed',
          message: 'Completed',
          exitCode,
        }
      : {
          state: 'failed',
          reason: 'ProcessFailed',
          message: `The command ended with code ${exitCode}`,
          exitCode,
        },
  );
}
