import { InputError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import express, { type Request } from 'express';
import Router from 'express-promise-router';
import { signatureHeader } from '../../artifacts/SignedPaths';
import { contentOf } from '../../kernel/http/contentOf';
import { sendArtifact } from '../../artifacts/sendArtifact';
import type { UploadService } from '../../artifacts/UploadService';
import { safePath } from './artifactRouter';
import { Message, missing } from '../protocol/Message';

/**
 * `/api/2.0/mlflow-artifacts`, in parts. `mpu` and `presigned` are as MLflow's
 * client speaks them. Signed addresses lead to two places of ours when the
 * store has no signed addresses. Those two ask for the signature, not for a
 * token.
 */
export function createUploadRouter(
  service: UploadService,
  callerOf: (request: Request) => Promise<Caller>,
): express.Router {
  const router = Router();
  const readText = express.text({ type: () => true, limit: '5mb' });

  router.post('/mpu/create/:path(*)', readText, async (request, response) => {
    const caller = await callerOf(request);
    const message = Message.fromJson(String(request.body));
    const { uploadId, credentials } = await service.create(
      {
        path: targetOf(request, message),
        parts: message.integer('num_parts') ?? 1,
      },
      { caller },
    );
    response.json({
      upload_id: uploadId,
      credentials: credentials.map(({ number, url, headers }) => ({
        url,
        part_number: number,
        headers,
      })),
    });
  });

  router.post('/mpu/complete/:path(*)', readText, async (request, response) => {
    const caller = await callerOf(request);
    const message = Message.fromJson(String(request.body));
    await service.complete(
      {
        path: targetOf(request, message),
        uploadId: message.required('upload_id'),
        parts: message.messages('parts').map(part => ({
          number: partNumber(part.integer('part_number')),
          etag: part.required('etag'),
        })),
      },
      { caller },
    );
    response.json({});
  });

  router.post('/mpu/abort/:path(*)', readText, async (request, response) => {
    const caller = await callerOf(request);
    const message = Message.fromJson(String(request.body));
    await service.abort(
      {
        path: targetOf(request, message),
        uploadId: message.required('upload_id'),
      },
      { caller },
    );
    response.json({});
  });

  router.get('/presigned/:path(*)', async (request, response) => {
    const caller = await callerOf(request);
    const { url, headers, size } = await service.signDownload(
      safePath(request.params.path),
      { caller },
    );
    response.json({ url, headers, file_size: size });
  });

  router.put('/parts/:upload_id/:number', async (request, response) => {
    const { etag } = await service.putPart({
      signature: request.get(signatureHeader),
      uploadId: request.params.upload_id,
      number: partNumber(Number(request.params.number)),
      content: contentOf(request, response),
    });
    response.setHeader('ETag', etag).end();
  });

  router.get('/signed/:path(*)', async (request, response) => {
    const path = safePath(request.params.path);
    const file = await service.openSigned({
      signature: request.get(signatureHeader),
      path,
    });
    await sendArtifact(request, response, file);
  });
  return router;
}

/** The folder is in the address, and the message names the file as it lies on the client's disk. */
function targetOf(request: Request, message: Message): string {
  const name = message.required('path').split(/[/\\]/).at(-1) ?? '';
  return safePath(
    [request.params.path.replace(/\/+$/, ''), name].filter(Boolean).join('/'),
  );
}

function partNumber(number: number | undefined): number {
  if (number === undefined) throw missing('part_number');
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) {
    return number;
  }
  throw new InputError(
    `Invalid value ${number} for parameter 'part_number' supplied. It must be at least 1 and at most 10000`,
  );
}
