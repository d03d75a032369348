import type { AuditorService } from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import type { Request } from 'express';

/** Runs a change and writes into the audit trail what was tried, by whom, and how it ended; never a secret. */
export async function audited<T>(
  auditor: AuditorService,
  event: { eventId: string; request?: Request; meta: JsonObject },
  change: () => Promise<T>,
): Promise<T> {
  const entry = await auditor.createEvent({
    ...event,
    severityLevel: 'medium',
  });
  try {
    const value = await change();
    await entry.success();
    return value;
  } catch (error) {
    await entry.fail({ error: toError(error) });
    throw error;
  }
}
