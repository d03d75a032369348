import type { Server } from 'node:http';

type Layer = {
  route?: { path: string | string[]; methods: Record<string, boolean> };
  regexp?: RegExp & { fast_slash?: boolean };
  handle?: Stack;
};
type Stack = { stack?: Layer[] };

/** Every route that a server answers, as `get /api/ml-jobs/v1/jobs/:id`, from the routers that are mounted in it. */
export function routesOf(server: Server): string[] {
  const [app] = server.listeners('request') as unknown as { _router: Stack }[];
  const routes: string[] = [];
  walk(app._router, '', routes);
  return [...new Set(routes)].sort();
}

function walk(router: Stack | undefined, prefix: string, routes: string[]) {
  for (const { route, regexp, handle } of router?.stack ?? []) {
    if (route) {
      for (const path of [route.path].flat()) {
        for (const method of Object.keys(route.methods)) {
          routes.push(`${method} ${prefix}${path}`.replace('//', '/'));
        }
      }
    } else {
      walk(handle, `${prefix}${mountOf(regexp)}`, routes);
    }
  }
}

/**
 * The path that a router is mounted at, the first of several. It is read back from the expression that express made of
 * it.
 */
function mountOf(regexp: Layer['regexp']): string {
  if (!regexp || regexp.fast_slash) return '';
  const [first] = regexp.source.split('\\/?(?=\\/|$)');
  return first.replace(/^\^/, '').replaceAll('\\', '');
}
