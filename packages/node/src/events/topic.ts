import type { EventsService } from '@backstage/plugin-events-node';
import type { z } from 'zod';

/** An event topic with the shape of its payload. Payloads carry ids and no more. */
export type Topic<T extends z.ZodType> = { name: string; schema: T };

/** Declares a topic: `defineTopic('ml-registry.stage-changed', z.object({ modelRef: z.string() }))`. */
export function defineTopic<T extends z.ZodType>(
  name: string,
  schema: T,
): Topic<T> {
  return { name, schema };
}

/**
 * Publishes after commit, and is awaited.
 *
 * @remarks
 * Events may be lost; nothing may depend on one arriving.
 */
export async function publishTopic<T extends z.ZodType>(
  events: EventsService,
  topic: Topic<T>,
  payload: z.input<T>,
): Promise<void> {
  await events.publish({
    topic: topic.name,
    eventPayload: topic.schema.parse(payload),
  });
}

/** Listens to a topic. Subscribers with the same id compete across replicas. */
export async function subscribeTopic<T extends z.ZodType>(
  events: EventsService,
  topic: Topic<T>,
  options: {
    id: string;
    handler: (payload: z.output<T>) => Promise<void> | void;
  },
): Promise<void> {
  await events.subscribe({
    id: options.id,
    topics: [topic.name],
    onEvent: async event => {
      await options.handler(topic.schema.parse(event.eventPayload));
    },
  });
}
