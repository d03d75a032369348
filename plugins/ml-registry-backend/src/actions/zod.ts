import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';

/** The zod that the actions registry hands to a schema: its own major, not necessarily ours. */
export type Zod = Parameters<
  Parameters<ActionsRegistryService['register']>[0]['schema']['output']
>[0];
