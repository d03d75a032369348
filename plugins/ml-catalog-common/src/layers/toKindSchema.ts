import type { JsonObject, JsonValue } from '@backstage/types';
import { z } from 'zod';

/**
 * The JSON Schema of a kind, from the zod schema of its spec: one source for the catalog, the pages and the backends.
 *
 * The catalog merges it with the fields every entity has. That is why there is nothing but `spec` at its root.
 */
export function toKindSchema(spec: z.ZodType): JsonObject {
  // The input side: fields that we do not know are left alone, as in the built-in kinds.
  const { $schema, ...jsonSchema } = z.toJSONSchema(spec, {
    target: 'draft-7',
    io: 'input',
  });
  return {
    type: 'object',
    required: ['spec'],
    properties: { spec: toJson(jsonSchema) },
  };
}

function toJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value));
}
