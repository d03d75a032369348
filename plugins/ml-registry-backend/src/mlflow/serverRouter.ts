import type express from 'express';
import Router from 'express-promise-router';
import upstream from './upstreamEndpoints.json';

/** What `/version` says: the release of the client that the tests drive. */
const REPORTED_VERSION = upstream.mlflow;

/** What clients ask about the server itself, without a token. */
export function createServerRouter(
  /** Whether clients reach the artifact store by themselves; else parts are a detour, for those who ask for it. */
  service: { direct: { uploads: boolean; downloads: boolean } },
): express.Router {
  const router = Router();
  router.get('/health', (_request, response) => {
    response.type('text').send('OK');
  });
  router.get('/version', (_request, response) => {
    response.type('text').send(REPORTED_VERSION);
  });
  router.get(
    ['/api/3.0/mlflow/server-info', '/ajax-api/3.0/mlflow/server-info'],
    (_request, response) => {
      response.json({
        store_type: 'SqlStore',
        workspaces_enabled: false,
        trace_archival_enabled: false,
        multipart_uploads_enabled: service.direct.uploads,
        multipart_downloads_enabled: service.direct.downloads,
      });
    },
  );
  return router;
}
