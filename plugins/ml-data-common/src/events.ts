import { z } from 'zod';

/** The topic (and signal) sent after a new dataset version was stored. */
export const datasetVersionCreatedTopic = 'ml-data.version-created';

/** `{ ref: 'default/breast-masses@2' }`: ids only, read the rest through the contract. */
export const datasetVersionCreatedSchema = z.object({ ref: z.string() });
export type DatasetVersionCreated = z.infer<typeof datasetVersionCreatedSchema>;
