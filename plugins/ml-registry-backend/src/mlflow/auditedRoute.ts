import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Request, RequestHandler } from 'express';
import { audited, refusalsAudited, type Caller } from '@downstage/node';
import type { Message } from './protocol/Message';
import type { ModelNames } from './protocol/ModelNames';
import type { MlflowRoute } from './protocol/routes';

/** What changes models, versions, aliases and stages, or takes away what they use. */
const governed =
  /^(registered-models|model-versions|transition-requests)\/|^(runs|experiments)\/delete$|^logged-models\/:\w+$/;

/** Posted because the question is long; they change nothing. */
const reads = /\/(search|search-datasets|batchGetInfos|get-latest-versions)$/;

/**
 * Has the auditor write down a change of the registry and who asked for it. Of other changes it writes down the
 * refusals.
 */
export async function auditedRoute<T>(
  options: {
    auditor: AuditorService;
    route: MlflowRoute;
    message: Message;
    caller: Caller;
    names: ModelNames;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { auditor, route, message, caller, names } = options;
  if (route.method === 'get' || reads.test(route.path)) return work();
  if (!governed.test(route.path)) {
    const operation = `${route.method} ${route.path}`;
    return refusalsAudited(auditor, { caller, meta: { operation } }, work);
  }
  const fields = [
    'name',
    'version',
    'stage',
    'alias',
    'key',
    'source',
    'run_id',
  ]
    .map(field => [field, message.text(field)] as const)
    .filter(([, value]) => value !== undefined);
  const name = message.text('name');
  return audited(
    auditor,
    {
      eventId: `mlflow-${route.path
        .replace(/\/:\w+/g, '')
        .replaceAll('/', '-')}`,
      caller,
      meta: {
        method: route.method,
        ...Object.fromEntries(fields.map(([k, v]) => [k, v ?? ''])),
        // As the portal names it.
        ...(name && { name: await names.read(name).catch(() => name) }),
      },
    },
    work,
  );
}

/** Files of models that somebody tried to change, whole or in parts, and was refused; uploads that go well are no news. */
export function auditedArtifacts(
  auditor: AuditorService,
  callerOf: (request: Request) => Caller | undefined,
): RequestHandler {
  return (request, response, next) => {
    if (
      ['POST', 'PUT', 'DELETE'].includes(request.method) &&
      /mlflow-artifacts\/(artifacts|mpu|parts)\//.test(request.path)
    ) {
      const { method, path } = request;
      response.once('finish', () => {
        const { statusCode } = response;
        if (statusCode < 400 || statusCode === 401) return;
        audited(
          auditor,
          {
            eventId: 'mlflow-artifact-change',
            caller: callerOf(request),
            request,
            meta: { method, path },
          },
          async () => {
            throw new Error(`Refused with ${statusCode}`);
          },
        ).catch(() => undefined);
      });
    }
    next();
  };
}
