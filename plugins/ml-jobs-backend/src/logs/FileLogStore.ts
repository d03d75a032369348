import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  planAppend,
  type LogName,
  type LogStore,
} from '@downstage/plugin-ml-jobs-node';
import type { Secrets } from '../domain/secrets';
import { LogFile } from './LogFile';

/** So much is kept of the logs of one job that come from elsewhere, over all attempts and workers. */
const mostLogBytes = 256 * 1024 * 1024;

/**
 * Logs as files of a folder. The size of a file is where its log ends. So there is nothing beside it that a crash could
 * leave behind. A piece that a crash cut short is continued where it was cut.
 *
 * @remarks
 * All logs of a job share one bound. Each that takes no more ends with a line that says so; those lines come on top. Two
 * logs that are written at the same moment may pass the bound by a piece.
 */
export class FileLogStore implements LogStore {
  readonly #folder: string;
  readonly #secrets: Secrets;
  readonly #mostBytes: number;

  constructor(options: {
    folder: string;
    /** What no reader sees. */
    secrets: Secrets;
    mostBytes?: number;
  }) {
    this.#folder = options.folder;
    this.#secrets = options.secrets;
    this.#mostBytes = options.mostBytes ?? mostLogBytes;
  }

  /** For callers that let another process write the file, as its output. */
  fileOf(log: LogName): LogFile {
    return new LogFile(
      join(this.#folder, safe(log.jobId), nameOf(log)),
      this.#secrets,
    );
  }

  async append(log: LogName, piece: { offset: number; bytes: Uint8Array }) {
    const file = this.fileOf(log);
    const size = await file.size();
    const others = await this.#sizeOfOthers(log);
    if (others && (await this.#isFull(file, { size, others })))
      return { size, isFull: true };
    const plan = others
      ? planWithOthers({ size, others, mostBytes: this.#mostBytes }, piece)
      : planAppend({ size, mostBytes: this.#mostBytes }, piece);
    if (plan.bytes.length) await file.writeAt(size, plan.bytes);
    return { size: plan.size, isFull: plan.isFull };
  }

  async end(log: LogName) {
    const file = this.fileOf(log);
    const size = await file.size();
    const others = await this.#sizeOfOthers(log);
    const isFull = await this.#isFull(file, { size, others });
    return { size, isFull };
  }

  async read(
    log: LogName,
    options: { offset: number; limit: number; isOver?: boolean },
  ) {
    return this.fileOf(log).read(options);
  }

  /** What the other logs of the job have. */
  async #sizeOfOthers(log: LogName): Promise<number> {
    const folder = join(this.#folder, safe(log.jobId));
    const names = await readdir(folder).catch(() => []);
    const sizes = await Promise.all(
      names
        .filter(name => name !== nameOf(log))
        .map(name => new LogFile(join(folder, name), this.#secrets).size()),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Whether a log takes no more, and says so at its end. */
  async #isFull(
    file: LogFile,
    { size, others }: { size: number; others: number },
  ): Promise<boolean> {
    if (size >= this.#mostBytes) return true;
    if (!size || size + others < this.#mostBytes) return false;
    const notice = noticeOfFullJob(this.#mostBytes);
    const limit = notice.length;
    const { text } = await file.read({
      ...{ offset: -limit, limit, isOver: true },
    });
    return text === notice;
  }
}

/** As `planAppend`, where other logs of the job have taken a part of what may be kept. */
function planWithOthers(
  log: { size: number; others: number; mostBytes: number },
  piece: { offset: number; bytes: Uint8Array },
) {
  const { size, others, mostBytes } = log;
  const plan = planAppend({ size, mostBytes: Infinity }, piece);
  const room = Math.max(0, mostBytes - others - size);
  if (plan.bytes.length <= room) return plan;
  const bytes = Buffer.concat([
    plan.bytes.subarray(0, room),
    Buffer.from(noticeOfFullJob(mostBytes)),
  ]);
  return { bytes, size: size + bytes.length, isFull: true };
}

/** The last line of a log whose job may keep no more. */
function noticeOfFullJob(mostBytes: number): string {
  return `\n[downstage] The logs of the job are longer than ${mostBytes} bytes together; the rest is not kept\n`;
}

/** The log that all attempts of a job share has the name that it always had. */
function nameOf({ attempt, worker }: LogName): string {
  if (attempt === undefined) return 'log.txt';
  const process = worker ? `.${safe(worker.role)}-${Number(worker.rank)}` : '';
  return `attempt-${Number(attempt)}${process}.log`;
}

export function safe(value: string | number): string {
  return String(value).replace(/[^a-zA-Z0-9_-]/g, '_');
}
