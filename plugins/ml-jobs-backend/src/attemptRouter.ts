import type { Readable } from 'node:stream';
import {
  goneSignal,
  parseRequest,
  refuseInWords,
  sendContent,
} from '@downstage/node';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import express from 'express';
import Router from 'express-promise-router';
import { z } from 'zod';
import { attemptPath } from './domain/attemptAddresses';
import type { AttemptService } from './services/AttemptService';

const inputPathSchema = z.object({ name: z.string().min(1).max(64) });
const inputQuerySchema = z.object({
  file: z.string().min(1).max(2_000),
  of: z.enum(['files', 'table']).default('files'),
});

const { worker } = mlJobsContract.getJobLog.query.shape;
const logQuerySchema = z.object({
  offset: z.coerce.number().int().min(0),
  worker,
});

/** So much of a log comes in one request. */
const mostLogBytes = 1024 * 1024;

/**
 * What jobs on other machines fetch and send, with their token as bearer. The path is open in Backstage's sense: the token of a job
 * is none of Backstage's, and `AttemptService` checks it.
 */
export function createAttemptRouter(options: { attempts: AttemptService }) {
  const { attempts } = options;
  const router = Router();

  router.get(`${attemptPath}/source`, async (request, response) => {
    const signal = goneSignal(response);
    const archive = await attempts.source(bearerOf(request), { signal });
    await send(archive, response, 'application/x-tar');
  });

  router.get(`${attemptPath}/inputs/:name`, async (request, response) => {
    const signal = goneSignal(response);
    const file = await attempts.input(
      bearerOf(request),
      {
        ...parseRequest('path', inputPathSchema, request.params),
        ...parseRequest('query', inputQuerySchema, request.query),
      },
      { signal },
    );
    await send(file, response, 'application/octet-stream');
  });

  router.post(
    `${attemptPath}/log`,
    async request => {
      await attempts.requireSender(bearerOf(request));
      return 'next';
    },
    express.raw({ type: () => true, limit: mostLogBytes }),
    async (request, response) => {
      const { body } = request;
      const end = await attempts.appendLog(bearerOf(request), {
        ...parseRequest('query', logQuerySchema, request.query),
        bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      });
      response.json(end);
    },
  );

  router.use(attemptPath, refuseInWords);
  return router;
}

function bearerOf(request: express.Request): string | undefined {
  return /^Bearer (\S{1,1000})$/i.exec(
    request.header('authorization') ?? '',
  )?.[1];
}

async function send(
  content: Readable,
  response: express.Response,
  type: string,
): Promise<void> {
  response.status(200).set({
    'content-type': type,
    'content-disposition': 'attachment',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store, no-transform',
  });
  // A connection that is cut tells the client that something is missing; the hash tells the rest.
  await sendContent(content, response);
}
