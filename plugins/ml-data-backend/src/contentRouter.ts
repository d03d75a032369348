import type { HttpAuthService } from '@backstage/backend-plugin-api';
import {
  parseRequest,
  refuseInWords,
  requestCaller,
  sendContent,
} from '@downstage/node';
import {
  datasetContentQuerySchema,
  mlDataContract,
} from '@downstage/plugin-ml-data-common';
import express from 'express';
import type { DatasetVersionService } from './versions/DatasetVersionService';

const pathSchema = mlDataContract.resolveDatasetVersion.params;

/**
 * The bytes of one file of a version, for readers on other machines. Rights are those of every read of content: the
 * caller is asked about for each file, and each read of guarded data is an audit event.
 */
export function createContentRouter(options: {
  httpAuth: HttpAuthService;
  versions: Pick<DatasetVersionService, 'open'>;
}) {
  const { httpAuth, versions } = options;
  const router = express.Router();
  const send = async (request: express.Request, response: express.Response) => {
    const caller = await requestCaller(httpAuth, request);
    const { file, size, sha256 } = await versions.open(
      {
        ...parseRequest('path', pathSchema, request.params),
        ...parseRequest('query', datasetContentQuerySchema, request.query),
      },
      { caller },
    );
    response.status(200).set({
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
      // Guarded data must not stay in a cache on the way.
      'cache-control': 'no-store, no-transform',
      etag: `"sha256:${sha256}"`,
    });
    // No more than was registered, should the file have grown: the client was told its length.
    const stream = file.createReadStream({ end: Math.max(0, size - 1) });
    await sendContent(stream, response);
  };
  router.get(
    '/v1/datasets/:namespace/:name/versions/:version/content',
    (request, response, next) => {
      send(request, response).catch(next);
    },
  );
  router.use(refuseInWords);
  return router;
}
