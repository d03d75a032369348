import { z } from 'zod';
import type { Contract } from './contract';

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['name', 'message'],
      properties: {
        name: { type: 'string' },
        message: { type: 'string' },
        code: { type: 'string' },
      },
    },
  },
};

/**
 * The OpenAPI 3.0 document of a contract. It is committed as `openapi.json` beside the contract,
 * and a test keeps the two equal.
 */
export function toOpenApi(
  info: { title: string; version: string },
  contract: Contract,
) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, operation] of Object.entries(contract)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    const parameters = (['params', 'query'] as const).flatMap(part =>
      Object.entries(operation[part]?.shape ?? {}).map(([name, schema]) => ({
        name,
        in: part === 'params' ? 'path' : 'query',
        required:
          part === 'params' ||
          !(schema as z.ZodType).safeParse(undefined).success,
        schema: toJsonSchema(schema as z.ZodType, 'input'),
      })),
    );
    paths[path] = {
      ...paths[path],
      [operation.method]: {
        operationId,
        summary: operation.summary,
        ...(parameters.length && { parameters }),
        ...(operation.body && {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: toJsonSchema(operation.body, 'input'),
              },
            },
          },
        }),
        responses: {
          [operation.status ?? 200]: {
            description: 'OK',
            content: {
              'application/json': {
                schema: toJsonSchema(operation.response, 'output'),
              },
            },
          },
          default: {
            description: 'What was asked, what was found, what is allowed',
            content: { 'application/json': { schema: errorSchema } },
          },
        },
      },
    };
  }
  return { openapi: '3.0.3', info, paths };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'openapi-3.0',
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  return withPortablePatterns(rest) as Record<string, unknown>;
}

/** Classes of characters by name, for validators that know no `\p{…}`. */
const classes: Record<string, string> = {
  '\\p{Cc}': '\\x00-\\x1f\\x7f-\\x9f',
};

/**
 * Patterns as validators of every language read them: JSON Schema knows no `\p{…}`, and Python's refuses the document.
 * A class that cannot be written out takes its pattern along; the server still checks it.
 */
function withPortablePatterns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPortablePatterns);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => {
      if (key !== 'pattern' || typeof child !== 'string') {
        return [[key, withPortablePatterns(child)]];
      }
      const pattern = child.replace(
        /\\p\{\w+\}/g,
        name => classes[name] ?? name,
      );
      return /\\p\{/i.test(pattern) ? [] : [[key, pattern]];
    }),
  );
}
