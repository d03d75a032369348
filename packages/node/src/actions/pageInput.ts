import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';

/** The zod that the actions registry hands to a schema: its own major, not necessarily ours. */
export type ActionZod = Parameters<
  Parameters<ActionsRegistryService['register']>[0]['schema']['output']
>[0];

/** What every action takes that answers a page of a list. */
export function pageInput(z: ActionZod, most = 200) {
  return {
    limit: z
      .number()
      .int()
      .min(1)
      .max(most)
      .default(50)
      .describe('At most so many'),
    cursor: z.string().optional().describe('nextCursor of the answer before'),
  };
}
