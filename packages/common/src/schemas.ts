import { z } from 'zod';

/** A full entity ref, lower case: `group:default/diagnostics`. */
export const entityRefSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*:[a-z0-9._-]+\/[a-zA-Z0-9._-]+$/i,
    'Expected a full entity ref such as group:default/diagnostics',
  );

/** Date and time in ISO 8601, UTC. */
export const timestampSchema = z.string();

/** The path parameters of everything that belongs to an entity. */
export const entityPathSchema = z.object({
  namespace: z
    .string()
    .max(63)
    .regex(
      /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
      'Expected a namespace such as default',
    ),
  name: z
    .string()
    .max(256)
    .regex(
      // Published in openapi.json, where other languages know no classes of Unicode.
      // eslint-disable-next-line no-control-regex -- a name has none of them
      /^[^/:\x00-\x1f\x7f-\x9f]+$/,
      'Expected a name without slashes, colons and control characters',
    ),
});

/** Paging by cursor: opaque, from the answer before. */
export const pageQuerySchema = z.object({
  cursor: z.string().max(2000).optional(),
  limit: z.coerce.number<string | number>().int().min(1).max(500).default(50),
});

/** Paging of a list that came whole before it had pages: without a limit it is as long as it was then. */
export const widePageQuerySchema = pageQuerySchema.extend({
  limit: z.coerce.number<string | number>().int().min(1).max(500).default(500),
});

/**
 * Some entities in one query parameter, as refs with commas between.
 *
 * @remarks
 * Servers refuse a request whose headers, the address among them, are longer than 16 KiB. They say nothing of use. A
 * list that is too long for that is refused here, in words.
 */
export const refListSchema = z
  .string()
  .max(
    10_000,
    'At most 10,000 characters fit into one request: ask for the models in parts',
  );

/** A page of items, with the cursor of the next page where there is one. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}

/**
 * Why a thing is as it is. `reason` is one CamelCase word that programs may match on,
 * `message` one sentence for a person.
 */
export const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(['true', 'false', 'unknown']),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.number().int(),
  changedAt: timestampSchema,
});
export type Condition = z.infer<typeof conditionSchema>;
