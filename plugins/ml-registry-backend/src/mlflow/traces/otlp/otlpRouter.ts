import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Request } from 'express';
import Router from 'express-promise-router';
import { InputError } from '@backstage/errors';
import { refusalsAudited, type Caller } from '@downstage/node';
import type { TraceService } from '../../../traces/TraceService';
import { decodeOtlp, unpack } from './decodeOtlp';

const BODY_LIMIT = 32 * 1024 * 1024;

/**
 * `POST /v1/traces`: OTLP over HTTP, protobuf or JSON, plain or packed. The
 * header `x-mlflow-experiment-id` says where the traces belong, and
 * `x-mlflow-run-id`, when given, which run they come from.
 */
export function createOtlpRouter(
  traces: TraceService,
  callerOf: (request: Request) => Promise<Caller>,
  auditor: AuditorService,
) {
  const router = Router();
  router.post('/v1/traces', async (request, response) => {
    const caller = await callerOf(request);
    const experimentId = request.header('x-mlflow-experiment-id');
    if (!experimentId) {
      throw new InputError(
        "Missing header 'x-mlflow-experiment-id': the id of the experiment that the traces belong to",
      );
    }
    const encoding = request.header('content-encoding');
    const spans = decodeOtlp(
      await unpack(await readBody(request), encoding),
      request.header('content-type'),
    );
    const runId = request.header('x-mlflow-run-id') || undefined;
    await refusalsAudited(
      auditor,
      { caller, meta: { operation: 'post v1/traces', experimentId } },
      () => traces.addSpans({ experimentId, runId, spans }, { caller }),
    );
    // An empty answer is the protobuf of "all of them".
    const json = request.header('content-type')?.startsWith('application/json');
    response
      .status(200)
      .type(json ? 'application/json' : 'application/x-protobuf')
      .send(json ? '{}' : Buffer.alloc(0));
  });
  return router;
}

/** The body as it came: still packed, and within bounds. */
async function readBody(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_LIMIT) {
      throw new InputError(
        `The export is larger than ${BODY_LIMIT} bytes; send it in several`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
