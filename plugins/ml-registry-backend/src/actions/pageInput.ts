import type { Zod } from './zod';

/** What every action takes that answers a page of a list. */
export function pageInput(z: Zod, most = 200) {
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
