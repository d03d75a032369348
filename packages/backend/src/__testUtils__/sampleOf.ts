import { z } from 'zod';

type JsonSchema = {
  type?: string;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  format?: string;
  minLength?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  default?: unknown;
};

const texts = [
  'default',
  'churn',
  'model:default/churn',
  'group:default/diagnostics',
  'default/churn@1',
  '1',
  'PT1H',
  '2100-01-01T00:00:00Z',
  'https://hooks.example.com/in',
  '512Mi',
  'a reason that is long enough',
  'x'.repeat(40),
];

/**
 * A small value that a schema takes: required fields only, plain texts.
 *
 * @throws Error that names the schema for which a value has to be given by hand
 */
export function sampleOf(schema: z.ZodType): unknown {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
  }) as JsonSchema;
  const sample = valueOf(json);
  const parsed = schema.safeParse(sample);
  if (parsed.success) return sample;
  throw new Error(
    `No sample: ${JSON.stringify(sample)} does not fit: ${
      parsed.error.message
    }`,
  );
}

function valueOf(schema: JsonSchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  const choice = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choice) return valueOf(choice[0]);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map(name => [
          name,
          valueOf(schema.properties?.[name] ?? {}),
        ]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () =>
        valueOf(schema.items ?? {}),
      );
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'boolean':
      return false;
    default:
      return textOf(schema);
  }
}

function textOf({ pattern, format, minLength = 0 }: JsonSchema): string {
  if (format === 'date-time') return '2100-01-01T00:00:00Z';
  if (format === 'uri') return 'https://hooks.example.com/in';
  const fits = (text: string) =>
    text.length >= minLength &&
    (!pattern || new RegExp(pattern, 'u').test(text));
  return texts.find(fits) ?? 'a'.repeat(Math.max(1, minLength));
}
