import { z } from 'zod';

/** An entity of the kind Model is new or was changed. May come more than once, late, or never. */
export const modelEntityChangedTopic = {
  name: 'ml-catalog.model-entity-changed',
  schema: z.object({ modelRef: z.string() }),
};

/** A template has published a project on this machine, and the catalog may look now instead of at its next round. */
export const projectPublishedTopic = {
  name: 'ml-catalog.project-published',
  schema: z.object({ name: z.string() }),
};
