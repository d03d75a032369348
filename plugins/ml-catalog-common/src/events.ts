import { z } from 'zod';

/** A template has published a project on this machine, and the catalog may look now instead of at its next round. */
export const projectPublishedTopic = {
  name: 'ml-catalog.project-published',
  schema: z.object({ name: z.string() }),
};
