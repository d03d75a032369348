import type {
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { Authorizer } from '@downstage/node';
import type { TokenVerifier } from '@downstage/plugin-ml-registry-node';
import express, {
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import Router from 'express-promise-router';
import type { TrackingServices } from '../services/createTrackingServices';
import { createArtifactRouter } from './artifactRouter';
import { createAuthenticate } from './authenticate';
import { experimentRoutes } from './experimentRoutes';
import { createForwardPage } from './forwardPage';
import { loggedModelRoutes } from './loggedModelRoutes';
import { Message } from './Message';
import { mlflowErrorHandler, sendFailure } from './mlflowError';
import { registryRoutes } from './registryRoutes';
import type { MlflowRoute } from './routes';
import { runRoutes } from './runRoutes';

/**
 * What `/version` says. Below 3.4 the client does not send traces as
 * OpenTelemetry protobuf to `/v1/traces`, which is not built here.
 */
const REPORTED_VERSION = '3.3.2';

/** One dataset profile alone may have 16 MB. */
const BODY_LIMIT = 48 * 1024 * 1024;

/** Areas of MLflow that exist and are not built here: answered at once, never retried. */
const NOT_BUILT =
  /^\/(?:(?:ajax-)?api\/[23]\.0\/mlflow\/(?:traces|webhooks|datasets|scorers|issues|gateway|prompt-optimization|jobs|workspaces|unified-traces|mcp|label-schemas|review-queues|artifacts\/presigned)|v1\/traces|graphql)/;

/**
 * MLflow's REST API. Mount it at `/mlflow` with the auth policy
 * `unauthenticated`: it authenticates by itself, because MLflow's clients know
 * tokens of jobs and basic authentication, and its own shape of errors.
 */
export function createMlflowRouter(options: {
  services: TrackingServices;
  httpAuth: HttpAuthService;
  authorizer: Authorizer;
  verifiers: readonly TokenVerifier[];
  logger: LoggerService;
  /** Where the portal's pages are: `app.baseUrl`. */
  portalUrl: string;
}): express.Router {
  const { services, logger } = options;
  const authenticate = createAuthenticate(options);
  const page = createForwardPage(options.portalUrl);
  const router = Router();

  router.get('/', (request, response) => {
    // Relative links need the slash, and the client prints it.
    if (!request.originalUrl.split('?')[0].endsWith('/')) {
      response.redirect(308, `${request.baseUrl}/`);
      return;
    }
    response
      .setHeader('Content-Security-Policy', page.contentSecurityPolicy)
      .type('html')
      .send(page.html);
  });
  router.get('/health', (_request, response) => {
    response.type('text').send('OK');
  });
  router.get('/version', (_request, response) => {
    response.type('text').send(REPORTED_VERSION);
  });
  router.get('/api/3.0/mlflow/server-info', (_request, response) => {
    response.json({
      store_type: 'SqlStore',
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
    });
  });

  router.use(
    '/api/2.0/mlflow-artifacts',
    createArtifactRouter(services.artifacts, authenticate),
  );

  const readText = express.text({ type: () => true, limit: BODY_LIMIT });
  for (const route of mlflowRoutes(services)) {
    const handle: RequestHandler = async (request, response) => {
      const caller = await authenticate(request);
      await read(readText, request, response);
      const message = readMessage(request).with(request.params);
      response.json(await route.handle(message, caller));
    };
    router[route.method](`/api/2.0/mlflow/${route.path}`, handle);
  }

  router.use((request, response) => {
    const built = !NOT_BUILT.test(request.path);
    sendFailure(response, {
      code: built ? 'ENDPOINT_NOT_FOUND' : 'NOT_IMPLEMENTED',
      status: built ? 404 : 501,
      message: `${request.method} ${request.path} is not an endpoint of this tracking server. It speaks MLflow's experiments, runs, logged models, model registry and artifacts`,
    });
  });
  router.use(mlflowErrorHandler(logger));
  return router;
}

/** Every endpoint below `/api/2.0/mlflow/`. */
export function mlflowRoutes(services: TrackingServices): MlflowRoute[] {
  return [
    ...experimentRoutes(services.experiments),
    ...runRoutes(services),
    ...loggedModelRoutes(services.loggedModels, services.artifacts),
    ...registryRoutes(services),
  ];
}

/** GET takes query parameters, or a body when there are none; the rest takes JSON. */
function readMessage(request: Request): Message {
  const query = request.originalUrl.split('?')[1];
  const body: unknown = request.body;
  const text = typeof body === 'string' ? body : '';
  if (request.method === 'GET' && query) {
    return Message.fromQuery(new URLSearchParams(query));
  }
  if (
    text &&
    !/^application\/json\b/i.test(request.headers['content-type'] ?? '')
  ) {
    throw new InputError(
      `Bad Request. Content-Type must be 'application/json', found '${
        request.headers['content-type'] ?? ''
      }'.`,
    );
  }
  return Message.fromJson(text);
}

function read(
  parser: RequestHandler,
  request: Request,
  response: Response,
): Promise<void> {
  return new Promise((resolve, reject) => {
    parser(request, response, error => (error ? reject(error) : resolve()));
  });
}
