import { InputError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import express, { type Request } from 'express';
import Router from 'express-promise-router';
import { signatureHeader } from '../domain/SignedPaths';
import { contentOf } from '../http/contentOf';
import { sendArtifact } from '../http/sendArtifact';
import type { UploadService } from '../services/UploadService';
import { safePath } from './artifactRouter';
import { Message, missing } from './Message';

/**
 * `/api/2.0/mlflow-artifacts`, in parts: `mpu` and `presigned` as MLflow's
 * client speaks them, and the two places of ours to which signed addresses
 * lead when the store has none. Those ask for the signature, not for a token.
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
    const { uploadId, credentials } = await service.create(caller, {
      path: targetOf(request, message),
      parts: message.integer('num_parts') ?? 1,
    });
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
    await service.complete(caller, {
      path: targetOf(request, message),
      uploadId: message.required('upload_id'),
      parts: message.messages('parts').map(part => ({
        number: partNumber(part.integer('part_number')),
        etag: part.required('etag'),
      })),
    });
    response.json({});
  });

  router.post('/mpu/abort/:path(*)', readText, async (request, response) => {
    const caller = await callerOf(request);
    const message = Message.fromJson(String(request.body));
    await service.abort(caller, {
      path: targetOf(request, message),
      uploadId: message.required('upload_id'),
    });
    response.json({});
  });

  router.get('/presigned/:path(*)', async (request, response) => {
    const caller = await callerOf(request);
    const { url, headers, size } = await service.signDownload(
      caller,
      safePath(request.params.path),
    );
    response.json({ url, headers, file_size: size });
  });

  router.put('/parts/:upload_id/:number', async (request, response) => {
    const { etag } = await service.putPart(request.get(signatureHeader), {
      uploadId: request.params.upload_id,
      number: partNumber(Number(request.params.number)),
      content: contentOf(request, response),
    });
    response.setHeader('ETag', etag).end();
  });

  router.get('/signed/:path(*)', async (request, response) => {
    const path = safePath(request.params.path);
    const file = await service.openSigned(request.get(signatureHeader), path);
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
