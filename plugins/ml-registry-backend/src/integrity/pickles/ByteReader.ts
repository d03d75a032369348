/** The stream ended where more was promised. */
class EndOfBytesError extends Error {}

/** Reads a stream of chunks piece by piece; long pieces are skipped without being kept. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #position = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** How many bytes were read. */
  get position(): number {
    return this.#position;
  }

  /** The next byte, or `undefined` at the end. */
  async next(): Promise<number | undefined> {
    if (!(await this.#fill())) return undefined;
    this.#position += 1;
    return this.#chunk[this.#at++];
  }

  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      if (!(await this.#fill())) throw new EndOfBytesError('It ends too early');
      const part = this.#chunk.subarray(this.#at, this.#at + left);
      parts.push(part);
      this.#at += part.length;
      this.#position += part.length;
      left -= part.length;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      if (!(await this.#fill())) throw new EndOfBytesError('It ends too early');
      const step = Math.min(left, this.#chunk.length - this.#at);
      this.#at += step;
      this.#position += step;
      left -= step;
    }
  }

  /** Up to the next line feed, which is left out; `undefined` for a longer line, which is read all the same. */
  async line(most: number): Promise<string | undefined> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      if (!(await this.#fill())) throw new EndOfBytesError('It ends too early');
      const end = this.#chunk.indexOf(0x0a, this.#at);
      const part = this.#chunk.subarray(this.#at, end < 0 ? undefined : end);
      length += part.length;
      if (length <= most) parts.push(part);
      const step = end < 0 ? part.length : part.length + 1;
      this.#at += step;
      this.#position += step;
      if (end < 0) continue;
      return length <= most ? Buffer.concat(parts).toString('utf8') : undefined;
    }
  }

  async #fill(): Promise<boolean> {
    while (this.#at >= this.#chunk.length) {
      const { value, done } = await this.#chunks.next();
      if (done) return false;
      this.#chunk = value;
      this.#at = 0;
    }
    return true;
  }
}
