import { posix } from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { release } from '@downstage/plugin-ml-registry-node';
import type { Request, Response } from 'express';
import type { FoundArtifact } from './ArtifactService';
import { asAttachment } from '../kernel/http/asAttachment';

/**
 * Sends a file as an attachment. Answers HEAD, one range, `If-None-Match` and
 * `If-Range`; several ranges are answered with the whole file.
 */
export async function sendArtifact(
  request: Request,
  response: Response,
  file: FoundArtifact,
  contentType = 'application/octet-stream',
): Promise<void> {
  const { size, sha256 } = file;
  const etag = sha256 && `"${sha256}"`;
  asAttachment(response, {
    name: posix.basename(file.path),
    type: contentType,
  });
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', 'private, no-cache, no-transform');
  if (sha256 && etag) {
    const digest = Buffer.from(sha256, 'hex').toString('base64');
    response.setHeader('ETag', etag);
    response.setHeader('Repr-Digest', `sha-256=:${digest}:`);
    response.setHeader('X-Content-Sha256', sha256);
    if (request.headers['if-none-match'] === etag) {
      response.status(304).end();
      return;
    }
  }
  const range = wantedRange(request, size, etag);
  if (range === 'unsatisfiable') {
    response.status(416).setHeader('Content-Range', `bytes */${size}`).end();
    return;
  }
  response.setHeader(
    'Content-Length',
    range ? range.end - range.start + 1 : size,
  );
  if (range) {
    response
      .status(206)
      .setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  }
  // Of an empty file there is nothing to stream.
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await send(await file.open(range), response);
}

/** Streams; the memory of each chunk is given back when the client has it. */
async function send(content: Readable, response: Response): Promise<void> {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      response.write(chunk, error => {
        release(chunk);
        done(error);
      });
    },
    final(done) {
      response.end(done);
    },
    destroy(error, done) {
      if (error) response.destroy();
      done(error);
    },
  });
  const left = () => sink.destroy(new Error('The client went away'));
  response.once('close', left);
  try {
    await pipeline(content, sink);
  } finally {
    response.off('close', left);
  }
}

function wantedRange(request: Request, size: number, etag?: string) {
  const condition = request.headers['if-range'];
  if (condition && condition !== etag) return undefined;
  const ranges = request.range(size);
  if (ranges === -1) return 'unsatisfiable';
  // Malformed, another unit, or several: the whole file is a correct answer.
  if (!Array.isArray(ranges) || ranges.type !== 'bytes' || ranges.length !== 1)
    return undefined;
  return ranges[0];
}
