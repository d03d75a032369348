import { createServer as createHttpServer, type Server } from 'node:http';
import { NotFoundError } from '@backstage/errors';
import { MethodNotAllowedError } from './errors';
import { Exchange } from './Exchange';

/** A path with its verbs: `^/models/([^/]+)/infer$`; the groups are passed on, decoded. */
export type Route = {
  path: RegExp;
  methods: Record<
    string,
    (exchange: Exchange, groups: (string | undefined)[]) => Promise<void> | void
  >;
};

/**
 * The HTTP server: finds the route, turns every error into the protocol's one shape.
 *
 * @remarks
 * The Open Inference Protocol may be reached under any prefix, because clients allow one in their base address
 * and proxies do not always strip it. The admin API and the metrics have one place only.
 */
export function createServer(options: {
  oip: Route[];
  admin: Route[];
  maxBodyBytes: number;
}): Server {
  return createHttpServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://gateway');
    const exchange = new Exchange(request, response, {
      query: url.searchParams,
      maxBodyBytes: options.maxBodyBytes,
    });
    try {
      const path = url.pathname.replace(/\/+$/, '') || '/';
      const oip = /^(?:\/.*?)??(\/v2(?:\/.*)?)$/.exec(path);
      const isAdmin = path.startsWith('/admin/') || path === '/metrics';
      await (oip && !isAdmin
        ? dispatch(options.oip, oip[1], exchange)
        : dispatch(options.admin, path, exchange));
    } catch (error) {
      exchange.sendError(error);
    }
  });
}

async function dispatch(routes: Route[], path: string, exchange: Exchange) {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (!match) continue;
    const { method } = exchange;
    const handler =
      route.methods[method] ??
      (method === 'HEAD' ? route.methods.GET : undefined);
    if (!handler) {
      throw new MethodNotAllowedError(
        `${method} is not allowed on ${path}; allowed: ${Object.keys(
          route.methods,
        ).join(', ')}`,
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
  throw new NotFoundError(`There is nothing at ${exchange.method} ${path}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
