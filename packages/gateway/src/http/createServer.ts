import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { InputError, NotFoundError } from '@backstage/errors';
import type { AccessControl } from '../auth/AccessControl';
import type { ByteBudget } from './ByteBudget';
import { MethodNotAllowedError, toErrorAnswer } from './errors';
import { Exchange } from './Exchange';

/** A path with its verbs: `^/models/([^/]+)/infer$`; the groups are passed on, decoded. */
export type Route = {
  path: RegExp;
  methods: Record<
    string,
    (exchange: Exchange, groups: (string | undefined)[]) => Promise<void> | void
  >;
};

/** Answers to what is not even a request, by the parser's code. */
const malformed: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** How long a client may take to send a request. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 60_000;
const mostConnections = 10_000;

/**
 * The HTTP server: finds the route, turns every error into the protocol's one shape.
 *
 * @remarks
 * The Open Inference Protocol may be reached under any prefix. Clients allow a prefix in their base address, and
 * proxies do not always strip it. The admin API and the metrics have one place only. Everything that reads what a
 * client sent happens inside the try: nothing it sends ends the process.
 */
export function createServer(options: {
  oip: Route[];
  admin: Route[];
  maxBodyBytes: number;
  budget: ByteBudget;
  /** Who may ask what. */
  accessControl: AccessControl;
  /** Told of each request that access control did not let in, by the status of the answer. */
  onRefused: (status: number) => void;
  /** Told of errors that nobody foresaw. */
  onError: (error: unknown) => void;
}): Server {
  const { maxBodyBytes, budget, onRefused, onError } = options;
  const server = createHttpServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 5_000,
    },
    async (request, response) => {
      response.on('error', () => {}); // the client has gone
      let exchange: Exchange | undefined;
      try {
        const { path, query } = splitTarget(request);
        exchange = new Exchange(request, response, {
          query: new URLSearchParams(query),
          maxBodyBytes,
          budget,
        });
        const oip = /^(?:\/.*?)??(\/v2(?:\/.*)?)$/.exec(path);
        const isAdmin = path.startsWith('/admin/') || path === '/metrics';
        const asked = exchange;
        const admitted = options.accessControl.admit({
          method: asked.method,
          path: oip?.[1] ?? path,
          isProtocol: Boolean(oip && !isAdmin),
          remoteAddress: request.socket.remoteAddress ?? '',
          header: name => asked.header(name),
          response,
        });
        exchange.visitor = await admitted.catch(error => {
          onRefused(toErrorAnswer(error).status);
          throw error;
        });
        if (!exchange.visitor) return;
        await (oip && !isAdmin
          ? dispatch(options.oip, oip[1], exchange)
          : dispatch(options.admin, path, exchange));
      } catch (error) {
        const { status } = toErrorAnswer(error);
        if (status === 500) onError(error);
        exchange ??= new Exchange(request, response, {
          query: new URLSearchParams(),
          maxBodyBytes,
          budget,
        });
        exchange.sendError(error);
      }
    },
  );
  server.maxConnections = mostConnections;
  server.on('checkExpectation', (_, response: ServerResponse) => {
    const body = JSON.stringify({
      error: 'Only Expect: 100-continue is understood',
    });
    response.writeHead(417, {
      'content-type': 'application/json',
      'content-length': body.length,
      connection: 'close',
    });
    response.end(body);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const status = malformed[error.code ?? ''] ?? '400 Bad Request';
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const body = JSON.stringify({
      error: `This is no HTTP request: ${status}`,
    });
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  return server;
}

/** The path and the query of a request, without a judgement on either. */
function splitTarget(request: IncomingMessage): {
  path: string;
  query: string;
} {
  const target = request.url ?? '/';
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  const local = absolute ? target.slice(absolute[0].length) || '/' : target;
  if (!local.startsWith('/')) {
    throw new InputError(
      `The request target '${target.slice(0, 80)}' is no path`,
    );
  }
  const question = local.indexOf('?');
  let end = question === -1 ? local.length : question;
  const query = question === -1 ? '' : local.slice(question + 1);
  while (end > 1 && local[end - 1] === '/') end -= 1;
  return { path: local.slice(0, end), query };
}

async function dispatch(routes: Route[], path: string, exchange: Exchange) {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    const { method } = exchange;
    const verb =
      method === 'HEAD' && !Object.hasOwn(route.methods, method)
        ? 'GET'
        : method;
    const handler = Object.hasOwn(route.methods, verb)
      ? route.methods[verb]
      : undefined;
    if (!handler) {
      throw new MethodNotAllowedError(
        `${method} is not allowed on ${path.slice(
          0,
          200,
        )}; allowed: ${Object.keys(route.methods).join(', ')}`,
      );
    }
    await handler(
      exchange,
      match
        .slice(1)
        .map(group => (group === undefined ? undefined : decode(group))),
    );
    return;
  }
  throw new NotFoundError(
    `There is nothing at ${exchange.method} ${path.slice(0, 200)}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
