import { z } from 'zod';

/** A job changed in any way: state, attempt, timeline. The event topic and the signal channel carry the same name. */
export const jobChangedTopic = {
  name: 'ml-jobs.job-changed',
  schema: z.object({ id: z.string() }),
};
