import type {
  AuditorService,
  AuthService,
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import type { TokenVerifier } from '@downstage/plugin-ml-registry-node';
import express, {
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import Router from 'express-promise-router';
import { createAuthenticate } from './authenticate';
import { auditedArtifacts, auditedRoute } from './auditedRoute';
import { createForwardPage } from './forwardPage';
import { JsonText } from './protocol/JsonText';
import { Message } from './protocol/Message';
import { mlflowErrorHandler, sendFailure } from './protocol/mlflowError';
import type { MlflowRoute } from './protocol/routes';
import {
  notBuilt,
  pathOf,
  patternOf,
  routeTable,
  UPSTREAM_VERSION,
  type MlflowServices,
} from './routeTable';

/** One dataset profile alone may have 16 MB. */
const BODY_LIMIT = 48 * 1024 * 1024;

/**
 * MLflow's REST API. Mount it at `/mlflow` with the auth policy
 * `unauthenticated`: it authenticates by itself, because MLflow's clients know
 * tokens of jobs and basic authentication, and its own shape of errors.
 */
export function createMlflowRouter(options: {
  services: MlflowServices;
  httpAuth: HttpAuthService;
  auth: AuthService;
  verifiers: readonly TokenVerifier[];
  logger: LoggerService;
  auditor: AuditorService;
  /** Where the portal's pages are: `app.baseUrl`. */
  portalUrl: string;
}): express.Router {
  const { services, logger } = options;
  const callers = new WeakMap<Request, Caller>();
  const findCaller = createAuthenticate(options);
  const authenticate = async (request: Request) => {
    const caller = await findCaller(request);
    callers.set(request, caller);
    return caller;
  };
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

  const readText = express.text({ type: () => true, limit: BODY_LIMIT });
  const serve = (route: MlflowRoute): RequestHandler => {
    return async (request, response) => {
      const caller = await authenticate(request);
      await read(readText, request, response);
      checkSize(request, route.bodyLimit);
      const message = readMessage(request).with(request.params);
      const answer = await auditedRoute(
        {
          auditor: options.auditor,
          names: services.names,
          route,
          message,
          caller,
        },
        () => route.handle(message, caller),
      );
      if (answer instanceof JsonText) await answer.send(response);
      else response.json(answer);
    };
  };
  router.use(
    auditedArtifacts(options.auditor, request => callers.get(request)),
  );
  const table = routeTable(services, authenticate, options.auditor);
  for (const group of table) {
    if ('router' in group) {
      router.use(namesOf(group.at), group.router);
      continue;
    }
    for (const route of group.routes) {
      router[route.method](namesOf(pathOf(route)), serve(route));
    }
  }

  const missing = notBuilt(table).map(endpoint => ({
    ...endpoint,
    pattern: patternOf(endpoint),
  }));
  router.use((request, response) => {
    const known = missing.some(
      ({ method, pattern }) =>
        method === request.method && pattern.test(request.path),
    );
    sendFailure(response, {
      code: known ? 'NOT_IMPLEMENTED' : 'ENDPOINT_NOT_FOUND',
      status: known ? 501 : 404,
      message: known
        ? `${request.method} ${request.path} of MLflow ${UPSTREAM_VERSION} is not built in this tracking server. Its documentation lists what is`
        : `${request.method} ${request.path} is not an endpoint of MLflow ${UPSTREAM_VERSION}, nor of this tracking server`,
    });
  });
  router.use(mlflowErrorHandler(logger));
  return router;
}

/** MLflow's own pages, and scripts copied from them, know every path by a second name. */
function namesOf(path: string): string[] {
  return path.startsWith('/api/') ? [path, `/ajax-${path.slice(1)}`] : [path];
}

function checkSize(request: Request, limit = BODY_LIMIT) {
  const body: unknown = request.body;
  const size = typeof body === 'string' ? Buffer.byteLength(body) : 0;
  if (size > limit) {
    throw new InputError(
      `Batched logging API requests must be at most ${limit} bytes, got a request of size ${size}.`,
    );
  }
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
