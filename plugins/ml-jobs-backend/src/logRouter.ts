import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { parseRequest, requestCaller } from '@downstage/node';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import type express from 'express';
import Router from 'express-promise-router';
import type { JobService } from './services/JobService';

const piece = 256 * 1024;
const lookEveryMs = 400;
const beatEveryMs = 15_000;

const { params: pathSchema, query } = mlJobsContract.getJobLog;
const workerSchema = query.pick({ worker: true });

/**
 * The log as a stream and as a file.
 *
 * @remarks
 * The stream sends `event: log` with `{ text, offset, nextOffset }`, and `event: end` when the job is over and all of
 * it was sent. A reader that lost the connection asks again with `?offset=` of the last `nextOffset`, or the browser does with
 * `Last-Event-ID`. The caller is authorised when the stream opens.
 */
export function createLogRouter(options: {
  httpAuth: HttpAuthService;
  jobs: JobService;
}) {
  const { httpAuth, jobs } = options;
  const router = Router();

  router.get('/v1/jobs/:id/log/stream', async (request, response) => {
    const caller = await requestCaller(httpAuth, request);
    const { id, worker } = askedOf(request);
    const from = readOffset(
      request.header('last-event-id') ?? request.query.offset,
    );
    let log = await jobs.log(
      { id, offset: from, limit: piece, worker },
      { caller },
    );

    response.status(200).set({
      'content-type': 'text/event-stream; charset=utf-8',
      // no-transform keeps the compression of the server from holding lines back.
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();

    const closed = new AbortController();
    response.on('close', () => closed.abort());
    let beat = performance.now();
    try {
      for (;;) {
        if (log.text) {
          const { text, offset, nextOffset } = log;
          await send(response, 'log', nextOffset, { text, offset, nextOffset });
          beat = performance.now();
        }
        if (log.end || closed.signal.aborted) break;
        if (!log.text) await pause(lookEveryMs, closed.signal);
        if (performance.now() - beat > beatEveryMs) {
          response.write(': still here\n\n');
          beat = performance.now();
        }
        log = await jobs.readLog({
          ...{ id, offset: log.nextOffset, limit: piece, worker },
        });
      }
      if (!closed.signal.aborted)
        await send(response, 'end', log.nextOffset, {});
    } finally {
      response.end();
    }
  });

  router.get('/v1/jobs/:id/log/download', async (request, response) => {
    const caller = await requestCaller(httpAuth, request);
    const { id, worker } = askedOf(request);
    let log = await jobs.log(
      { id, offset: 0, limit: piece, worker },
      { caller },
    );
    response.status(200).set({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="job-${id.replace(
        /[^\w-]/g,
        '',
      )}.log"`,
      'x-content-type-options': 'nosniff',
    });
    while (log.text) {
      await write(response, log.text);
      log = await jobs.readLog({
        ...{ id, offset: log.nextOffset, limit: piece, worker },
      });
    }
    response.end();
  });

  return router;
}

/** Which job, and which of its processes where it has several: as the contract says of a piece of the log. */
function askedOf(request: express.Request) {
  return {
    ...parseRequest('path', pathSchema, request.params),
    ...parseRequest('query', workerSchema, request.query),
  };
}

function readOffset(value: unknown): number {
  const offset = Number(value ?? 0);
  if (!Number.isSafeInteger(offset))
    throw new InputError(
      `Not an offset: '${value}'; expected a whole number of bytes`,
    );
  return offset;
}

async function send(
  response: express.Response,
  event: string,
  id: number,
  data: unknown,
) {
  await write(
    response,
    `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`,
  );
}

/** Waits for a slow reader rather than filling memory. */
async function write(response: express.Response, text: string): Promise<void> {
  if (response.write(text) || response.destroyed) return;
  await new Promise<void>(resolve => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
