import type { AuditorService } from '@backstage/backend-plugin-api';
import { isError, toError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type { Request } from 'express';
import { whoOf, type Caller } from '../caller/caller';

/** What the audit trail is told of a change; never a secret. */
export type AuditedEvent = {
  eventId: string;
  /** Who did it: becomes the actor, and stands in `meta` with the token or job that was used. */
  caller?: Caller;
  request?: Request;
  meta: JsonObject;
  /** `medium` unless given. */
  severityLevel?: 'low' | 'medium' | 'high' | 'critical';
};

/** What the trail was told of already, however many callers the error passes on its way. */
const told = new WeakSet<object>();

/** Does something that changes things, and has the auditor write down who, what, and how it ended. */
export async function audited<T>(
  auditor: AuditorService,
  event: AuditedEvent & {
    /** What is worth keeping of the result, where success can mean several things. */
    result?: (result: T) => JsonObject;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { result: describe, ...context } = event;
  const audit = await auditor.createEvent(written(context));
  try {
    const result = await work();
    await audit.success(describe && { meta: describe(result) });
    return result;
  } catch (error) {
    await audit.fail({ error: toError(error) });
    if (isError(error)) told.add(error);
    throw error;
  }
}

/** Does something that is not a change yet, such as asking for permission, and has a refusal written down. */
export async function auditedRefusal<T>(
  auditor: AuditorService,
  event: AuditedEvent,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const audit = await auditor.createEvent(written(event));
    await audit.fail({ error: toError(error) });
    if (isError(error)) told.add(error);
    throw error;
  }
}

/**
 * Does something that changes things by a service, and has a refusal written down where the service has not: most ask
 * for permission before they know what there would be to say.
 */
export async function refusalsAudited<T>(
  auditor: AuditorService,
  context: { caller: Caller; meta: JsonObject },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isError(error) || error.name !== 'NotAllowedError') throw error;
    if (told.has(error)) throw error;
    const event = { ...context, eventId: 'change-refused' };
    return auditedRefusal(auditor, event, () => Promise.reject(error));
  }
}

function written(event: AuditedEvent) {
  const { caller, ...rest } = event;
  if (!caller) return { severityLevel: 'medium' as const, ...rest };
  const request = rest.request ?? caller.request;
  return {
    severityLevel: 'medium' as const,
    ...rest,
    // The auditor asks Backstage whose token a request carries, and Backstage does not know the tokens of jobs.
    request: caller.kind === 'job' ? undefined : request,
    meta: {
      ...whoOf(caller),
      ...(caller.kind === 'job' &&
        request && { method: request.method, url: request.originalUrl }),
      ...rest.meta,
    },
  };
}
