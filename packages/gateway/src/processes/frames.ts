import { inOnePiece, splitAt } from '../kernel/bytes';

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

/**
 * Finds the frames in what arrives.
 *
 * @remarks
 * The bytes of a frame are handed on in the pieces in which they came. Megabytes that are put together take
 * milliseconds, in which the gateway would answer nobody.
 */
export class FrameReader {
  readonly #onFrame: (head: unknown, bytes: Buffer[]) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Of the frame that is arriving, once its lengths are there. */
  #lengths: { head: number; all: number } | undefined;

  constructor(onFrame: (head: unknown, bytes: Buffer[]) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (!this.#lengths) {
        if (this.#size < 8) return;
        const start = inOnePiece(this.#take(8));
        const head = start.readUInt32LE(0);
        this.#lengths = { head, all: head + start.readUInt32LE(4) };
      }
      const { head, all } = this.#lengths;
      if (this.#size < all) return;
      this.#lengths = undefined;
      const json = inOnePiece(this.#take(head)).toString();
      this.#onFrame(JSON.parse(json), this.#take(all - head));
    }
  }

  #take(bytes: number): Buffer[] {
    const [taken, rest] = splitAt(this.#chunks, bytes);
    this.#chunks = rest;
    this.#size -= bytes;
    return taken;
  }
}
