import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { goneSignal } from './goneSignal';

/**
 * Sends a stream as the body of an answer.
 *
 * @remarks
 * A client that leaves is no error: the stream is closed and nothing is thrown. A stream that fails before its first byte
 * becomes an answer like any other error. One that fails later cuts the connection, so that the client sees that
 * something is missing.
 */
export async function sendContent(
  content: Readable,
  response: Response,
): Promise<void> {
  const gone = goneSignal(response);
  let failed = content.errored !== null;
  content.once('error', () => {
    failed = !gone.aborted;
  });
  try {
    if (content.errored) throw content.errored;
    await once(content, 'readable', { signal: gone });
    await pipeline(content, response);
  } catch (error) {
    content.destroy();
    if (failed) throw error;
  }
}
