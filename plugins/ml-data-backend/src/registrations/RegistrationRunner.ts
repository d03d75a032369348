import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, type Lease } from '@downstage/node';
import type { DatasetVersion } from '@downstage/plugin-ml-data-common';
import { describeColumns } from '../profile/describeColumns';
import { digestOf } from '../storage/digest';
import { readAs } from './readAs';
import { decideFormat } from '../storage/sourceFormat';
import type { VersionReader } from '../reader/readInProcess';
import { locateSource, type Roots } from '../storage/locateSource';
import type { SnapshotStore } from '../storage/SnapshotStore';
import {
  isSame,
  type DatasetVersionStore,
} from '../versions/DatasetVersionStore';
import type {
  RegistrationError,
  RegistrationStore,
  StoredRegistration,
} from './RegistrationStore';

const leaseMs = 60_000;
const heartbeatMs = 1_000;
const retryMs = 5_000;
const mostAttempts = 3;

/** Refusals are answers: trying again gives the same. Everything else may be the machine's fault. */
const refusals = /^(InputError|NotFoundError|NotAllowedError|ConflictError)$/;

type RunnerDeps = {
  auditor: AuditorService;
  logger: LoggerService;
  registrations: RegistrationStore;
  versions: DatasetVersionStore;
  snapshots: SnapshotStore;
  reader: VersionReader;
  roots: Roots;
  limits: { concurrency: number; threads: number; memoryLimit: string };
  clock: Clock;
  /** Called after commit, for versions that are new. */
  announce: (version: DatasetVersion) => Promise<void>;
};

type Beat = {
  /** What the next beat writes; at once when the state is another. */
  set(next: Parameters<RegistrationStore['commit']>[1]): void;
  stop(): void;
};

class Cancelled extends Error {}
class TakenOver extends Error {}

/**
 * Carries registrations out in the background, a bounded number at a time.
 *
 * @remarks
 * A registration is a row with a lease. After a crash, of the portal or of the process that reads, the row is due again
 * and begins anew. Copies that were not committed are swept. A version that was committed just before is found by its
 * digest. So nothing is lost, and nothing is there twice.
 */
export class RegistrationRunner {
  readonly #deps: RunnerDeps;
  readonly #running = new Map<string, AbortController>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #stopped = false;
  #looking: Promise<void> | undefined;
  #again = false;
  readonly #work = new Set<Promise<void>>();

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  /** Looks for work now; safe at any time and any number of times. */
  nudge(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#again) this.nudge();
    });
  }

  /** Stops one that runs here. One that runs elsewhere sees the row. */
  cancel(id: string): void {
    this.#running.get(id)?.abort(new Cancelled());
    this.nudge();
  }

  /** Resolves when something may have come to an end here, or the time is over. */
  async settled(id: string, options: { afterMs: number }): Promise<void> {
    await new Promise<void>(resolve => {
      const waiting = this.#waiting.get(id) ?? new Set();
      const timer = { id: undefined as NodeJS.Timeout | undefined };
      const done = () => {
        clearTimeout(timer.id);
        waiting.delete(done);
        if (!waiting.size) this.#waiting.delete(id);
        resolve();
      };
      timer.id = setTimeout(done, options.afterMs);
      waiting.add(done);
      this.#waiting.set(id, waiting);
    });
  }

  /** Ends what runs; the rows are due again at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const controller of this.#running.values()) {
      controller.abort(new TakenOver());
    }
    await this.#looking;
    await Promise.all(this.#work);
  }

  async #look(): Promise<void> {
    const { registrations, limits, clock, logger } = this.#deps;
    this.#again = false;
    try {
      while (!this.#stopped && this.#running.size < limits.concurrency) {
        const lease = await registrations.claim({ leaseMs, now: clock() });
        if (!lease) return;
        // A lease that ran out while its work went on here, on a machine that slept: the work keeps going.
        if (this.#running.has(lease.id)) return;
        const work = this.#carry(lease).finally(() => {
          this.#work.delete(work);
          this.nudge();
        });
        this.#work.add(work);
      }
    } catch (error) {
      if (!this.#stopped) {
        logger.error(
          `Could not look for registrations: ${toError(error).message}`,
        );
      }
    }
  }

  async #carry(lease: Lease): Promise<void> {
    const { registrations, clock, logger } = this.#deps;
    const controller = new AbortController();
    this.#running.set(lease.id, controller);
    const beat = this.#heartbeat(lease, controller);
    try {
      const stored = await registrations.get(lease.id);
      if (!stored) return;
      const attempts = stored.attempts + 1;
      try {
        if (stored.cancelRequested) throw new Cancelled();
        await registrations.commit(lease, { attempts });
        const version = await this.#register(stored, {
          lease,
          controller,
          beat,
        });
        beat.stop();
        await registrations.commit(lease, {
          ...{ state: 'ready', version, nextAt: null },
          finishedAt: clock().toISOString(),
        });
      } catch (cause) {
        beat.stop();
        await this.#end(lease, { cause, attempts });
      }
    } catch (error) {
      logger.warn(
        `Registration ${lease.id} will be tried again: ${
          toError(error).message
        }`,
      );
    } finally {
      beat.stop();
      this.#running.delete(lease.id);
      this.#waiting.get(lease.id)?.forEach(done => done());
    }
  }

  async #end(lease: Lease, options: { cause: unknown; attempts: number }) {
    const { registrations, clock, logger } = this.#deps;
    const { cause, attempts } = options;
    const finishedAt = clock().toISOString();
    if (cause instanceof Cancelled) {
      await registrations.commit(lease, {
        ...{ state: 'cancelled', finishedAt, nextAt: null },
      });
      return;
    }
    if (cause instanceof TakenOver) {
      // Stopped with the portal: that was no attempt, and the next start need not wait for the lease.
      await registrations.commit(lease, {
        ...{ state: 'queued', attempts: attempts - 1, nextAt: finishedAt },
      });
      return;
    }
    const error = toError(cause);
    if (refusals.test(error.name) || attempts >= mostAttempts) {
      await registrations.commit(lease, {
        ...{ state: 'failed', error: toRow(error), finishedAt, nextAt: null },
      });
      return;
    }
    logger.warn(
      `Registration ${lease.id} failed and will be tried again: ${error.message}`,
    );
    await registrations.commit(lease, {
      state: 'queued',
      nextAt: new Date(clock().getTime() + retryMs).toISOString(),
    });
  }

  /** Keeps the lease, writes how far it is, and sees whether somebody wants it to end. */
  #heartbeat(lease: Lease, controller: AbortController): Beat {
    const { registrations, clock } = this.#deps;
    let patch: Parameters<RegistrationStore['commit']>[1] = {};
    let busy = false;
    const tick = async () => {
      if (busy) return;
      busy = true;
      try {
        const nextAt = new Date(clock().getTime() + leaseMs).toISOString();
        const own = await registrations.commit(lease, { ...patch, nextAt });
        if (!own) controller.abort(new TakenOver());
        if (await registrations.cancelRequested(lease.id)) {
          controller.abort(new Cancelled());
        }
      } catch {
        // The database is away for a moment; the next beat tries again, and the lease decides.
      } finally {
        busy = false;
      }
    };
    const timer = setInterval(tick, heartbeatMs);
    timer.unref();
    return {
      set: next => {
        const changed = next.state !== patch.state;
        patch = next;
        if (changed) tick();
      },
      stop: () => clearInterval(timer),
    };
  }

  async #register(
    stored: StoredRegistration,
    options: {
      lease: Lease;
      controller: AbortController;
      beat: Beat;
    },
  ): Promise<number> {
    const { auditor, versions, snapshots, reader, roots, limits, clock } =
      this.#deps;
    const { registration, request, namespace, name } = stored;
    const { dataset, createdBy, uri, id } = registration;
    const { controller, beat } = options;
    const { signal } = controller;
    return audited(
      auditor,
      {
        eventId: 'dataset-version-read',
        // Done in the background, in the name of who registered the version.
        meta: { actor: createdBy, dataset, uri, registration: id },
        result: (version: number) => ({ version }),
      },
      async () => {
        const sources = await locateSource(uri, {
          // The caller was allowed this one; another may hold a file of the same name.
          roots: {
            ...roots,
            roots: roots.roots.filter(r => r.path === request.root),
          },
        });
        const format = decideFormat({
          uri,
          files: sources,
          declared: request.format,
        });
        const of = sources.reduce((sum, file) => sum + file.size, 0);
        beat.set({ state: 'copying', progress: { done: 0, of } });
        const staged = await snapshots.stage(sources, {
          signal,
          onBytes: done =>
            beat.set({ state: 'copying', progress: { done, of } }),
        });
        try {
          const digest = digestOf(staged.files);
          const as = readAs({ format, ...request });
          const latest = await versions.get(dataset, 'latest');
          if (latest && isSame(latest, { digest, readAs: as })) {
            return latest.version.version;
          }
          beat.set({ state: 'reading', progress: { done: 0, of } });
          const read = await reader(
            {
              folder: staged.folder,
              files: staged.files,
              format,
              dialect: request.dialect,
              fields: request.fields,
              scratch: `${staged.folder}.scratch`,
              tableFolder: staged.tableFolder,
              threads: limits.threads,
              memoryLimit: limits.memoryLimit,
            },
            {
              signal,
              onProgress: ({ step, done, of: all }) =>
                beat.set({ state: step, progress: { done, of: all } }),
            },
          );
          const schema = describeColumns({
            ref: dataset,
            found: read.columns,
            declared: request.fields,
          });
          const tables = await snapshots.hashTables(staged, read.tables);
          signal.throwIfAborted();
          const { stored: version, created } = await versions.add(
            {
              entityRef: dataset,
              namespace,
              name,
              uri,
              format,
              digest,
              rows: read.rows,
              bytes: staged.files.reduce((sum, file) => sum + file.size, 0),
              files: staged.files.map(file => ({
                ...file,
                rows: read.rowsPerFile[file.path] ?? 0,
              })),
              schema,
              profile: { columns: read.columns },
              source: sources.map(({ path, size, mtimeMs }) => ({
                path,
                size,
                mtimeMs,
              })),
              readAs: as,
              dialect: read.dialect,
              notes: read.notes,
              tables,
              message: request.message,
              createdBy,
              createdAt: clock().toISOString(),
            },
            folder => snapshots.keep(staged, folder),
          );
          if (created) await this.#deps.announce(version.version);
          return version.version.version;
        } finally {
          await snapshots.discard(staged);
        }
      },
    );
  }
}

function toRow(error: Error): RegistrationError {
  const code = 'code' in error && error.code ? String(error.code) : undefined;
  return { name: error.name, message: error.message, ...(code && { code }) };
}
