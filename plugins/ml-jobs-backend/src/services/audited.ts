import type { AuditorService } from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import type { Request } from 'express';
import type { JsonObject } from '@backstage/types';

/** Runs a change and writes into the audit trail what was tried, by whom, and how it ended. */
export async function audited<T>(
  auditor: AuditorService,
  event: {
    eventId: string;
    request?: Request;
    meta: JsonObject;
    result: (value: T) => JsonObject;
  },
  change: () => Promise<T>,
): Promise<T> {
  const entry = await auditor.createEvent({
    eventId: event.eventId,
    severityLevel: 'medium',
    request: event.request,
    meta: event.meta,
  });
  try {
    const value = await change();
    await entry.success({ meta: event.result(value) });
    return value;
  } catch (error) {
    await entry.fail({ error: toError(error) });
    throw error;
  }
}
