/*
 * How the gateway and a model's process talk: frames on a socket, each a JSON head and bytes.
 * Eight bytes of lengths, the head, the bytes.
 */

/** The buffers of one frame, to be written one after another. */
export function toFrame(head: object, bytes: readonly Buffer[] = []): Buffer[] {
  const json = Buffer.from(JSON.stringify(head));
  const size = bytes.reduce((sum, part) => sum + part.length, 0);
  const start = Buffer.allocUnsafe(8 + json.length);
  start.writeUInt32LE(json.length, 0);
  start.writeUInt32LE(size, 4);
  json.copy(start, 8);
  return [start, ...bytes];
}

/** Puts frames together again from what arrives. */
export class FrameReader {
  readonly #onFrame: (head: unknown, bytes: Buffer) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Bytes that have to be there before it is worth looking again. */
  #wanted = 8;

  constructor(onFrame: (head: unknown, bytes: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#wanted) {
      const all =
        this.#chunks.length === 1
          ? this.#chunks[0]
          : Buffer.concat(this.#chunks, this.#size);
      this.#chunks = [all];
      const headLength = all.readUInt32LE(0);
      const total = 8 + headLength + all.readUInt32LE(4);
      if (all.length < total) {
        this.#wanted = total;
        return;
      }
      const rest = all.subarray(total);
      this.#chunks = rest.length ? [rest] : [];
      this.#size = rest.length;
      this.#wanted = 8;
      this.#onFrame(
        JSON.parse(all.toString('utf8', 8, 8 + headLength)),
        all.subarray(8 + headLength, total),
      );
    }
  }
}
