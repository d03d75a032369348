import { ConflictError, InputError } from '@backstage/errors';
import type { WorkerName } from './runtime';

/** Names one log: that of a job, of one attempt, or of one process of an attempt that has several. */
export type LogName = {
  jobId: string;
  /** Left out for a log that all attempts of a job share. */
  attempt?: number;
  worker?: WorkerName;
};

/** Where the log ends, and whether more of it is kept. */
export type LogEnd = { size: number; isFull: boolean };

/**
 * Keeps logs after what wrote them is gone. Offsets are bytes.
 *
 * @remarks
 * The size of a log is all that is known of how far it came. So a crash between two calls loses and doubles nothing:
 * the writer asks for the end and goes on from there. `describeLogStore` holds an implementation to this.
 */
export interface LogStore {
  /**
   * Appends bytes that begin at an offset. Bytes that are there already stay as they are. A log takes no more than a number
   * of bytes and ends with a line that says so; what comes after is dropped.
   *
   * @throws ConflictError where bytes are missing between the end and the offset
   */
  append(
    log: LogName,
    piece: { offset: number; bytes: Uint8Array },
  ): Promise<LogEnd>;
  /** Where a log ends; 0 for one that was never written. */
  end(log: LogName): Promise<LogEnd>;
  /**
   * Reads whole characters from an offset (negative: from the end). A store that hides secrets keeps the begin of one back
   * until its rest is there. With `isOver` (no more is written) it shows that too.
   */
  read(
    log: LogName,
    options: { offset: number; limit: number; isOver?: boolean },
  ): Promise<{
    text: string;
    offset: number;
    nextOffset: number;
    size: number;
  }>;
}

/** The last line of a log that takes no more. */
export function noticeOfFullLog(mostBytes: number): string {
  return `\n[downstage] The log is longer than ${mostBytes} bytes; the rest is not kept\n`;
}

/** What to write at the end of a log, for implementations of {@link LogStore}. */
export function planAppend(
  log: { size: number; mostBytes: number },
  piece: { offset: number; bytes: Uint8Array },
): { bytes: Uint8Array; size: number; isFull: boolean } {
  const { size, mostBytes } = log;
  const { offset, bytes } = piece;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new InputError(
      `Not an offset: ${offset}; expected a whole number of bytes, at least 0`,
    );
  }
  if (size >= mostBytes)
    return { bytes: bytes.subarray(0, 0), size, isFull: true };
  if (offset > size) {
    throw new ConflictError(
      `The log ends at ${size}; expected the bytes from there, found those from ${offset}`,
    );
  }
  const fresh = bytes.subarray(Math.min(size - offset, bytes.length));
  const notice = Buffer.from(noticeOfFullLog(mostBytes));
  const room = mostBytes - notice.length - size;
  if (fresh.length <= room)
    return { bytes: fresh, size: size + fresh.length, isFull: false };
  // A crash may have left a part of the notice: the rest of it follows.
  return {
    bytes: Buffer.concat([
      fresh.subarray(0, Math.max(0, room)),
      notice.subarray(Math.max(0, -room)),
    ]),
    size: mostBytes,
    isFull: true,
  };
}
