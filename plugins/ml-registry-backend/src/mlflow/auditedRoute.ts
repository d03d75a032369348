import type { AuditorService } from '@backstage/backend-plugin-api';
import type { RequestHandler } from 'express';
import { audited, type Caller } from '@downstage/node';
import type { Message } from './Message';
import type { MlflowRoute } from './routes';

/** What changes models, versions, aliases and stages, or takes away what they stand on. */
const governed =
  /^(registered-models|model-versions|transition-requests)\/|^(runs|experiments)\/delete$|^logged-models\/:\w+$/;

/** Has the auditor write down a change of the registry, who asked for it, and a refusal as well. */
export async function auditedRoute<T>(
  options: {
    auditor: AuditorService;
    route: MlflowRoute;
    message: Message;
    caller: Caller;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { auditor, route, message, caller } = options;
  if (route.method === 'get' || !governed.test(route.path)) return work();
  const about = ['name', 'version', 'stage', 'alias', 'key', 'source', 'run_id']
    .map(field => [field, message.text(field)] as const)
    .filter(([, value]) => value !== undefined);
  return audited(
    auditor,
    {
      eventId: `mlflow-${route.path
        .replace(/\/:\w+/g, '')
        .replaceAll('/', '-')}`,
      caller,
      meta: {
        method: route.method,
        ...Object.fromEntries(about.map(([k, v]) => [k, v ?? ''])),
      },
    },
    work,
  );
}

/** Files of models that somebody tried to change, whole or in parts, and was refused; uploads that go well are no news. */
export function auditedArtifacts(auditor: AuditorService): RequestHandler {
  return (request, response, next) => {
    if (
      ['POST', 'PUT', 'DELETE'].includes(request.method) &&
      /mlflow-artifacts\/(artifacts|mpu|parts)\//.test(request.path)
    ) {
      response.once('finish', () => {
        const { statusCode } = response;
        if (statusCode < 400 || statusCode === 401) return;
        auditor
          .createEvent({
            eventId: 'mlflow-artifact-change',
            severityLevel: 'medium',
            request,
            meta: { method: request.method, path: request.path },
          })
          .then(event =>
            event.fail({ error: new Error(`Refused with ${statusCode}`) }),
          )
          .catch(() => undefined);
      });
    }
    next();
  };
}
