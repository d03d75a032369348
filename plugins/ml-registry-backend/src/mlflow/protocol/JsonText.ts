import { once } from 'node:events';
import type { Response } from 'express';

/**
 * An answer whose JSON is made piece by piece. The pieces are sent as they come, and the next is asked for when the
 * client has taken the last. So a long answer neither lies in memory nor holds up others.
 */
export class JsonText {
  readonly #pieces: AsyncIterable<string>;

  constructor(pieces: AsyncIterable<string>) {
    this.#pieces = pieces;
  }

  /** Errors before the first piece are the caller's to answer; one in the middle breaks the connection off. */
  async send(response: Response): Promise<void> {
    const pieces = this.#pieces[Symbol.asyncIterator]();
    let piece = await pieces.next();
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    try {
      for (; !piece.done; piece = await pieces.next()) {
        if (response.destroyed) return;
        if (!response.write(piece.value)) {
          await Promise.race([
            once(response, 'drain'),
            once(response, 'close'),
          ]);
        }
      }
      response.end();
    } catch {
      // The status is sent already; a connection that breaks off tells the client that this is not all.
      response.destroy();
    } finally {
      await pieces.return?.();
    }
  }
}
