import { finished, PassThrough, type Readable } from 'node:stream';
import type { Request, Response } from 'express';

/**
 * What a client sends, as a stream that its reader may give up. The connection stays open then, and the rest is
 * thrown away as it comes: clients read no answer before they have sent everything, and could not say why it failed.
 */
export function contentOf(request: Request, response: Response): Readable {
  const content = new PassThrough();
  // A reader that stops before the end has said why by then.
  content.on('error', () => {});
  content.once('close', () => request.resume());
  response.once('close', () => content.destroy());
  response.once('finish', () => content.destroy());
  finished(request, { writable: false }, error => {
    if (error) content.destroy(error);
  });
  request.pipe(content);
  return content;
}
