import { constants } from 'node:fs';
import { appendFile, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { maskBytes } from '../../domain/secrets';

const longestSecret = 1024;

/**
 * The log of a job: one file for all its attempts, only ever appended to, by the process itself and by us.
 */
export class JobLogFile {
  readonly path: string;

  readonly #secrets: RegExp;

  constructor(path: string, secrets: RegExp) {
    this.path = path;
    this.#secrets = secrets;
  }

  /** A line of ours, marked so that nobody takes it for the program's. */
  async write(line: string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    await appendFile(this.path, `[downstage] ${line}\n`, { mode: 0o600 });
  }

  async size(): Promise<number> {
    return stat(this.path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Reads whole characters from a byte offset; a negative offset counts from the end. */
  async read(options: { offset: number; limit: number }) {
    const size = await this.size();
    const wanted = options.offset < 0 ? size + options.offset : options.offset;
    const offset = Math.min(Math.max(wanted, 0), size);
    const length = Math.min(Math.max(options.limit, 4), size - offset);
    if (length === 0) return { text: '', offset, nextOffset: offset, size };

    // A job must not lead the portal to another file by a link in the place of its log.
    const file = await open(
      this.path,
      constants.O_RDONLY | constants.O_NOFOLLOW,
    );
    try {
      // With what stands around it, so that a secret is found that two pieces share.
      const before = Math.min(offset, longestSecret);
      const buffer = Buffer.alloc(before + length + longestSecret);
      const { bytesRead } = await file.read(
        buffer,
        0,
        buffer.length,
        offset - before,
      );
      const bytes = maskBytes(
        buffer.subarray(0, bytesRead),
        this.#secrets,
      ).subarray(before, before + length);
      const from = options.offset < 0 && offset > 0 ? firstWhole(bytes) : 0;
      const to = lastWhole(bytes);
      return {
        text: bytes.subarray(from, to).toString('utf8'),
        offset: offset + from,
        nextOffset: offset + to,
        size,
      };
    } finally {
      await file.close();
    }
  }
}

const continues = (byte: number) => byte >= 0x80 && byte < 0xc0;

/** Where the first whole character begins. */
function firstWhole(bytes: Buffer): number {
  let index = 0;
  while (index < Math.min(3, bytes.length) && continues(bytes[index])) index++;
  return index;
}

/** Where the last whole character ends; bytes that are no UTF-8 at all are let through, so that reading always advances. */
function lastWhole(bytes: Buffer): number {
  let lead = bytes.length - 1;
  while (lead > 0 && bytes.length - lead < 4 && continues(bytes[lead])) lead--;
  const needed = lengthOf(bytes[lead]);
  return lead > 0 && bytes.length - lead < needed ? lead : bytes.length;
}

/** How many bytes a character has that begins with this one. */
function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
