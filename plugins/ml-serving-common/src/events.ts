import { z } from 'zod';
import { entityRefSchema } from '@downstage/common';

/** Event and signal of this name carry `{ ref }` and may be lost. */
export const endpointChangedTopicName = 'ml-serving.endpoint-changed';

export const endpointChangedSchema = z.object({
  /** `default/<name>`, as `Endpoint.ref`. */
  ref: z.string(),
  modelRef: entityRefSchema,
});
export type EndpointChanged = z.infer<typeof endpointChangedSchema>;
