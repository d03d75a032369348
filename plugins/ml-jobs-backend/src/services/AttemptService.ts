import type { Readable } from 'node:stream';
import type { AuthService } from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  ConflictError,
  NotFoundError,
} from '@backstage/errors';
import {
  hasLogs,
  type InputFileRequest,
  type InputResolver,
  type LogEnd,
} from '@downstage/plugin-ml-jobs-node';
import { workerOf } from '../domain/workerName';
import type { JobStore } from '../stores/JobStore';
import type { JobRow } from '../stores/rows';
import type { TokenStore } from '../stores/TokenStore';
import { callerOfRow } from './callerOfRow';
import type { JobLogs } from './JobLogs';
import type { Runtimes } from './Runtimes';
import type { SourceArchives } from './SourceArchives';

/**
 * What an attempt on another machine fetches: its source, and the files of its inputs. And what it sends: its log.
 *
 * @remarks
 * The token of the job is the right, and it ends with the attempt. It opens the source of this job at its commit. It
 * also opens the versions that were written down when the attempt was submitted, and nothing else. Whether the job may
 * read the data is asked for each file.
 */
export class AttemptService {
  readonly #store: JobStore;
  readonly #tokens: TokenStore;
  readonly #archives: SourceArchives;
  readonly #logs: JobLogs;
  readonly #runtimes: Runtimes;
  readonly #resolvers: () => readonly InputResolver[];
  readonly #auth: AuthService;

  constructor(options: {
    store: JobStore;
    tokens: TokenStore;
    archives: SourceArchives;
    logs: JobLogs;
    runtimes: Runtimes;
    resolvers: () => readonly InputResolver[];
    auth: AuthService;
  }) {
    this.#store = options.store;
    this.#tokens = options.tokens;
    this.#archives = options.archives;
    this.#logs = options.logs;
    this.#runtimes = options.runtimes;
    this.#resolvers = options.resolvers;
    this.#auth = options.auth;
  }

  /** A tar archive of the project at the commit of the job. */
  async source(
    token: string | undefined,
    { signal }: { signal: AbortSignal },
  ): Promise<Readable> {
    const job = await this.#jobOf(token);
    return this.#archives.open(job, { signal });
  }

  /** The bytes of one file of an input. */
  async input(
    token: string | undefined,
    request: { name: string } & Omit<InputFileRequest, 'ref'>,
    { signal }: { signal: AbortSignal },
  ): Promise<Readable> {
    const job = await this.#jobOf(token);
    const { name, ...file } = request;
    const pinned = job.inputs.find(input => input.name === name);
    if (!pinned) {
      throw new NotFoundError(
        `Job ${job.id} has no input '${name}'; it has ${
          job.inputs.map(input => input.name).join(', ') || 'none'
        }`,
      );
    }
    const { credentials } = callerOfRow(
      job,
      await this.#auth.getOwnServiceCredentials(),
    );
    for (const resolver of this.#resolvers()) {
      const found = await resolver.open(
        { ref: pinned.ref, ...file },
        { credentials, signal },
      );
      if (found) return found;
    }
    throw new NotFoundError(`Nothing here knows '${pinned.ref}'`);
  }

  /** Refuses callers other than an attempt that may send its log, before anything of a request is read. */
  async requireSender(token: string | undefined): Promise<void> {
    await this.#senderOf(token);
  }

  /**
   * Takes bytes of the log, from the offset of the first one. The right ends with the attempt, so what an attempt has to say
   * it sends before it ends.
   */
  async appendLog(
    token: string | undefined,
    piece: { offset: number; bytes: Uint8Array; worker?: string },
  ): Promise<LogEnd> {
    const job = await this.#senderOf(token);
    const { worker, ...bytes } = piece;
    const named = worker
      ? workerOf(job, await this.#store.workers(job), worker)
      : undefined;
    return this.#logs.append(job, { ...bytes, worker: named });
  }

  /** Where a runtime keeps logs itself nobody reads what is sent, so none of it is kept. */
  async #senderOf(token: string | undefined): Promise<JobRow> {
    const job = await this.#jobOf(token);
    // At any place: the same runtime of another portal keeps its logs too.
    const runtime = this.#runtimes.reader(job.runtime, undefined);
    if (runtime && hasLogs(runtime)) {
      throw new ConflictError(
        `The runtime '${job.runtime}' keeps the log of job ${job.id} itself: what the job writes to its output is there, and nothing is sent`,
      );
    }
    return job;
  }

  async #jobOf(token: string | undefined): Promise<JobRow> {
    const id = token && (await this.#tokens.verify(token));
    if (id) return this.#store.row(id);
    throw new AuthenticationError(
      'Expected the token of a job whose attempt is under way, as bearer',
    );
  }
}
