import { posix } from 'node:path';
import { InputError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import type express from 'express';
import type { Request } from 'express';
import Router from 'express-promise-router';
import { sendArtifact } from '../../artifacts/sendArtifact';
import { ownArtifactPath } from '../../kernel/artifactUri';
import { checkVersion } from '../../kernel/validation';
import { contentType, safePath } from './artifactRouter';
import type { MlflowServices } from '../routeTable';

/** Downloads by run, version or logged model instead of by path, as links in browsers ask for them: always attachments. */
export function createFileRouter(
  services: Pick<
    MlflowServices,
    'artifacts' | 'loggedModels' | 'names' | 'reads' | 'runs'
  >,
  callerOf: (request: Request) => Promise<Caller>,
): express.Router {
  const router = Router();
  const send = async (
    request: Request,
    response: express.Response,
    options: { caller: Caller; root: string; parameter: string },
  ) => {
    const path = safePath(query(request, options.parameter));
    const file = await services.artifacts.download(
      `${ownArtifactPath(options.root)}/${path}`,
      options,
    );
    const type = contentType(posix.basename(path));
    await sendArtifact(request, response, file, type);
  };

  router.get('/get-artifact', async (request, response) => {
    const caller = await callerOf(request);
    const id = query(request, request.query.run_id ? 'run_id' : 'run_uuid');
    const { artifactUri: root } = await services.runs.get(id, { caller });
    await send(request, response, { caller, root, parameter: 'path' });
  });
  router.get('/model-versions/get-artifact', async (request, response) => {
    const caller = await callerOf(request);
    const { storageLocation: root } = await services.reads.getVersion(
      {
        name: await services.names.read(query(request, 'name')),
        version: checkVersion(query(request, 'version')),
      },
      { caller },
    );
    await send(request, response, { caller, root, parameter: 'path' });
  });
  router.get(
    ['api', 'ajax-api'].map(
      base => `/${base}/2.0/mlflow/logged-models/:model_id/artifacts/files`,
    ),
    async (request, response) => {
      const caller = await callerOf(request);
      const { artifactUri: root } = await services.loggedModels.get(
        { modelId: request.params.model_id },
        { caller },
      );
      await send(request, response, {
        caller,
        root,
        parameter: 'artifact_file_path',
      });
    },
  );
  return router;
}

function query(request: Request, name: string): string {
  const value = request.query[name];
  if (typeof value === 'string' && value) return value;
  throw new InputError(`Request must include the "${name}" query parameter.`);
}
