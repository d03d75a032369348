import { z } from 'zod';
import { jobDocumentSchema } from '../model/definition';

type Path = readonly PropertyKey[];

/** The keys that are allowed where a path leads, if a mapping with fixed keys is expected there. */
export function allowedKeys(path: Path, value: unknown): string[] | undefined {
  const shape = shapeOf(schemaAt(path, value), valueAt(value, path));
  return shape && Object.keys(shape);
}

/** Where else a key belongs: `resources.gpus` for `gpus`. */
export function otherPlaceOf(key: string): string | undefined {
  const { shape } = jobDocumentSchema;
  if (Object.keys(shape).includes(key)) return key;
  return Object.entries(shape).flatMap(([outer, schema]) =>
    Object.keys(shapeOf(schema, undefined) ?? {}).includes(key)
      ? [`${outer}.${key}`]
      : [],
  )[0];
}

/** What stands where a path leads, in plain values. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? Reflect.get(inner, step)
        : undefined,
    value,
  );
}

function schemaAt(path: Path, value: unknown): unknown {
  return path.reduce<unknown>((schema, step, at) => {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray) return inner.element;
    return shapeOf(inner, valueAt(value, path.slice(0, at)))?.[String(step)];
  }, jobDocumentSchema);
}

function shapeOf(
  schema: unknown,
  value: unknown,
): Record<string, unknown> | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return undefined;
  const { discriminator } = inner.def;
  const named = valueAt(value, [discriminator]);
  return inner.options.flatMap(option => {
    const shape = shapeOf(option, undefined);
    const kind = shape?.[discriminator];
    return shape && kind instanceof z.ZodLiteral && kind.value === named
      ? [shape]
      : [];
  })[0];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}
