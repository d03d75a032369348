import { createReadStream } from 'node:fs';
import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { requestCaller, sendContent } from '@downstage/node';
import type express from 'express';
import Router from 'express-promise-router';
import type { PredictionLogService } from './PredictionLogService';

/** The content of the log's files, which a contract cannot say: it streams, and as an attachment only. */
export function createLogRouter(options: {
  httpAuth: HttpAuthService;
  predictionLogs: PredictionLogService;
}): express.Router {
  const { httpAuth, predictionLogs } = options;
  const router = Router();
  router.get(
    '/v1/endpoints/:namespace/:name/prediction-log/files/:version/:day/:file',
    async (request, response) => {
      const caller = await requestCaller(httpAuth, request);
      const { namespace, name, version, day, file } = request.params;
      const { path, bytes } = await predictionLogs.findFile(
        { namespace, name, id: `${version}/${day}/${file}` },
        { caller },
      );
      response.setHeader('Content-Type', 'application/vnd.apache.parquet');
      response.setHeader('Content-Length', bytes);
      response.setHeader('Content-Disposition', `attachment; filename=${file}`);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Cache-Control', 'private, no-store');
      await sendContent(createReadStream(path), response);
    },
  );
  return router;
}
