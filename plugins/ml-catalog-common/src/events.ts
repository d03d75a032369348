import { z } from 'zod';

/** Entities of the kind Model that are new or were changed. May come more than once, late, or never. */
export const modelEntityChangedTopic = {
  name: 'ml-catalog.model-entity-changed',
  schema: z.object({ modelRefs: z.array(z.string()).max(1000) }),
};

/** A template has published a project on this machine. The catalog may look now instead of at its next round. */
export const projectPublishedTopic = {
  name: 'ml-catalog.project-published',
  schema: z.object({ name: z.string() }),
};
