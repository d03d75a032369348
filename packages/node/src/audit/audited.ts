import type { AuditorService } from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type { Request } from 'express';
import { whoOf, type Caller } from './caller';

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

/** Does something that changes things, and has the auditor write down who, what, and how it ended. */
export async function audited<T>(
  auditor: AuditorService,
  event: AuditedEvent & {
    /** What is worth keeping of the result, where success can mean several things. */
    result?: (result: T) => JsonObject;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { result: describe, ...about } = event;
  const audit = await auditor.createEvent(written(about));
  try {
    const result = await work();
    await audit.success(describe && { meta: describe(result) });
    return result;
  } catch (error) {
    await audit.fail({ error: toError(error) });
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
    throw error;
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
