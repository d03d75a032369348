import { promises as fs } from 'node:fs';
import { refusal } from './Refusal';

const chunkSize = 1024 * 1024;

const marks = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/** The encoding that a byte order mark at the start of a file says, and the length of the mark. */
export function byteOrderMark(head: Uint8Array) {
  const mark = marks.find(({ bytes }) => bytes.every((b, i) => head[i] === b));
  return mark && { encoding: mark.encoding, length: mark.bytes.length };
}

/**
 * The text of a file, piece by piece, without its byte order mark.
 *
 * @remarks
 * No byte is replaced or left out: what is not text in the encoding ends the reading, with its line.
 */
export async function* decodeFile(options: {
  file: string;
  absolute: string;
  /** As declared; else what the mark says, else UTF-8. */
  encoding?: string;
  /** Only the beginning is there: its last character may be cut off, and is left out. */
  truncated?: boolean;
  onBytes?: (count: number) => void;
}): AsyncGenerator<string> {
  const { file, absolute, encoding: declared, truncated, onBytes } = options;
  const handle = await fs.open(absolute, 'r');
  try {
    const buffer = Buffer.alloc(chunkSize);
    let decode: ((bytes: Buffer, last: boolean) => string) | undefined;
    const at = { line: 1, first: true };
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, chunkSize);
      onBytes?.(bytesRead);
      if (bytesRead === 0 && truncated) return;
      let bytes = buffer.subarray(0, bytesRead);
      if (!decode) {
        const mark = byteOrderMark(bytes);
        const encoding = declared ?? mark?.encoding ?? 'utf-8';
        if (mark && mark.encoding !== encoding) {
          throw refusal({
            file,
            found: `it begins with the byte order mark of ${mark.encoding}, but is declared as ${encoding}`,
            allowed: 'Correct spec.location.encoding, or leave it out',
          });
        }
        decode = decoderOf(encoding, {
          file,
          declared,
          now: at,
        });
        bytes = bytes.subarray(mark?.length ?? 0);
      }
      const text = decode(bytes, bytesRead === 0);
      const nul = text.indexOf('\0');
      if (nul >= 0) {
        throw refusal({
          file,
          line: at.line + newlines(text.slice(0, nul)),
          column: columnIn(text, nul, at),
          found: 'there is a NUL character, which is no text',
          allowed:
            'A file in UTF-16 begins with a byte order mark, or is declared by spec.location.encoding: utf-16le',
        });
      }
      if (text) yield text;
      at.line += newlines(text);
      at.first = false;
      if (bytesRead === 0) return;
    }
  } finally {
    await handle.close();
  }
}

function decoderOf(
  encoding: string,
  options: {
    file: string;
    declared?: string;
    now: { line: number; first: boolean };
  },
): (bytes: Buffer, last: boolean) => string {
  // Node's TextDecoder takes latin-1 for windows-1252, as browsers do.
  if (encoding === 'latin-1') return bytes => bytes.toString('latin1');
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  return (bytes, last) => {
    try {
      return decoder.decode(bytes, { stream: !last });
    } catch {
      const lossy = new TextDecoder(encoding, { ignoreBOM: true }).decode(
        bytes,
      );
      const before = lossy.slice(0, Math.max(lossy.indexOf('\uFFFD'), 0));
      throw refusal({
        file: options.file,
        line: options.now.line + newlines(before),
        column: columnIn(before, before.length, options.now),
        found: `there are bytes that are not ${encoding}`,
        allowed: options.declared
          ? 'Correct spec.location.encoding or the file'
          : 'Save the file as UTF-8, or declare its encoding, as in spec.location.encoding: latin-1 (or windows-1252)',
      });
    }
  };
}

/** The place in its line; not known where the line began in an earlier piece. */
function columnIn(text: string, at: number, now: { first: boolean }) {
  const start = at > 0 ? text.lastIndexOf('\n', at - 1) : -1;
  return start < 0 && !now.first ? undefined : at - start;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    count += 1;
  }
  return count;
}
