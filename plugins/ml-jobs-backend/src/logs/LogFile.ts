import { constants } from 'node:fs';
import { appendFile, mkdir, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { longestSecret, type Secrets } from '../domain/secrets';

type LogPiece = {
  text: string;
  offset: number;
  nextOffset: number;
  size: number;
};

/** A file of a log, and at which byte of the log it begins. */
type Part = { path: string; start: number; size: number };

/**
 * A log as a file that is only ever appended to, by the process itself and by us.
 *
 * @remarks
 * A long log goes on in files beside it, `log.txt.<byte>`, of which the oldest are removed. So an offset means the same
 * byte as long as the log is there. In the place of what was removed stands a line that says how much that is.
 */
export class LogFile {
  readonly path: string;

  readonly #secrets: Secrets;

  constructor(path: string, secrets: Secrets) {
    this.path = path;
    this.#secrets = secrets;
  }

  /** A line of ours, marked so that nobody takes it for the program's. */
  async write(line: string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const { path } = (await this.#parts()).at(-1) ?? this;
    await appendFile(path, `[downstage] ${line}\n`, { mode: 0o600 });
  }

  /**
   * Writes bytes where the log ends. At their place and not at the end of the file: two portals that write the same bytes at
   * the same moment leave them once.
   */
  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(
      this.path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(
          bytes,
          done,
          bytes.length - done,
          offset + done,
        );
        done += bytesWritten;
      }
    } finally {
      await file.close();
    }
  }

  async size(): Promise<number> {
    const last = (await this.#parts()).at(-1);
    return last ? last.start + last.size : 0;
  }

  /** The files of the log in their order; none where nothing was written. */
  async #parts(): Promise<Part[]> {
    const prefix = `${basename(this.path)}.`;
    const names = await readdir(dirname(this.path)).catch(() => []);
    const starts = names
      .filter(name => name.startsWith(prefix))
      .map(name => name.slice(prefix.length))
      .filter(text => /^\d{1,15}$/.test(text))
      .map(Number)
      .sort((a, b) => a - b);
    const files = [0, ...starts].map((start, index) => ({
      start,
      path: index ? `${this.path}.${start}` : this.path,
    }));
    const parts: Part[] = [];
    for (const file of files) {
      const found = await stat(file.path).catch(() => undefined);
      if (found) parts.push({ ...file, size: found.size });
    }
    return parts.map((part, index) => {
      // A line that came when the next file had begun would stand in its place.
      const room = (parts[index + 1]?.start ?? Infinity) - part.start;
      return { ...part, size: Math.min(part.size, room) };
    });
  }

  /**
   * Reads whole characters from a byte offset; a negative offset counts from the end. While more may be written, the begin
   * of a secret at the end stays back: it is read with its rest, and hidden then.
   *
   * @param options - `isOver` where no more is written
   */
  async read(options: {
    offset: number;
    limit: number;
    isOver?: boolean;
  }): Promise<LogPiece> {
    const parts = await this.#parts();
    const last = parts.at(-1);
    const size = last ? last.start + last.size : 0;
    const wanted = options.offset < 0 ? size + options.offset : options.offset;
    const offset = Math.min(Math.max(wanted, 0), size);
    const piece = pieceAt(parts, offset);
    if (!piece.files.length) {
      const { end } = piece;
      if (end === offset) return { text: '', offset, nextOffset: offset, size };
      const text = `[downstage] ${
        end - piece.start
      } bytes of the log are left out here\n`;
      return { text, offset, nextOffset: end, size };
    }
    const length = Math.min(Math.max(options.limit, 4), piece.end - offset);
    // With what stands around it, so that a secret is found that two pieces share.
    const before = Math.min(offset - piece.start, longestSecret);
    const found = await bytesOf(piece.files, {
      from: offset - before,
      to: Math.min(piece.end, offset + length + longestSecret),
    }).catch(error => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    // The oldest was removed in the meantime: what is left is another look.
    if (!found) return this.read(options);
    const bytes = this.#secrets.mask(found).subarray(before, before + length);
    const mayGrow = piece.end === size && !options.isOver;
    const reachesEnd = offset + length + longestSecret > piece.end;
    const held = reachesEnd && mayGrow ? this.#secrets.begunAtEnd(found) : 0;
    const from = options.offset < 0 && offset > 0 ? firstWhole(bytes) : 0;
    const shown = found.length - held - before;
    const to = Math.max(from, Math.min(lastWhole(bytes), shown));
    return {
      text: bytes.subarray(from, to).toString('utf8'),
      offset: offset + from,
      nextOffset: offset + to,
      size,
    };
  }
}

/** What is in one piece around an offset; without a file it is what was removed. */
function pieceAt(
  parts: readonly Part[],
  offset: number,
): { files: Part[]; start: number; end: number } {
  let piece = { files: [] as Part[], start: 0, end: 0 };
  for (const part of parts) {
    if (part.start > piece.end) {
      if (offset < piece.end) break;
      const removed = { files: [], start: piece.end, end: part.start };
      if (offset < part.start) return removed;
      piece = { files: [], start: part.start, end: part.start };
    }
    piece.files.push(part);
    piece.end = part.start + part.size;
  }
  // At the very end there is nothing to read yet.
  return offset < piece.end ? piece : { files: [], start: offset, end: offset };
}

/** Bytes of files that follow each other. */
async function bytesOf(
  files: readonly Part[],
  { from, to }: { from: number; to: number },
): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from);
  for (const { path, start, size } of files) {
    const begin = Math.max(from, start);
    const end = Math.min(to, start + size);
    if (begin >= end) continue;
    // A job must not lead the portal to another file by a link in the place of its log.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      await file.read(buffer, begin - from, end - begin, begin - start);
    } finally {
      await file.close();
    }
  }
  return buffer;
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
