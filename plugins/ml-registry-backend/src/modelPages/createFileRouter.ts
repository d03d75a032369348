import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { requestCaller } from '@downstage/node';
import type { Request } from 'express';
import type express from 'express';
import Router from 'express-promise-router';
import type { ModelService } from './ModelService';
import type { RunQueryService } from '../runPages/RunQueryService';
import { sendArtifact } from '../artifacts/sendArtifact';
import { versionPathOf } from '../kernel/http/versionPath';

/** The contents of files, which a contract cannot say: they stream, and as attachments only. */
export function createFileRouter(options: {
  httpAuth: HttpAuthService;
  models: ModelService;
  runs: RunQueryService;
}): express.Router {
  const { httpAuth, models, runs } = options;
  const router = Router();
  const callOf = async (request: Request) => ({
    caller: await requestCaller(httpAuth, request),
  });

  router.get(
    '/v1/models/:namespace/:name/versions/:version/artifact',
    async (request, response) => {
      const call = await callOf(request);
      const version = versionPathOf(request, 'artifact?path=model.onnx');
      const file = await models.findArtifact(
        { ...version, path: readPath(request) },
        call,
      );
      await sendArtifact(request, response, file);
    },
  );

  router.get('/v1/runs/:runId/artifact', async (request, response) => {
    const call = await callOf(request);
    const { runId } = request.params;
    const file = await runs.findArtifact(
      { runId, path: readPath(request) },
      call,
    );
    await sendArtifact(request, response, file);
  });
  return router;
}

function readPath(request: Request): string {
  const { path } = request.query;
  if (typeof path === 'string' && path) return path;
  throw new InputError(
    'Expected ?path=<file>, as in artifact?path=plots/roc.png',
  );
}
