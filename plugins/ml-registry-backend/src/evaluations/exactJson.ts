import { rawJson } from '../kernel/int64';

/** A number as it was spelled. So `1.0`, `1e3` and integers of any length are written again as they came. */
type Spelled = { readonly rawJSON: string };

/** `JSON.parse` that keeps how numbers were spelled. */
export function parseSpelled(text: string): unknown {
  return JSON.parse(text, (_, value, context?: { source?: string }) =>
    typeof value === 'number'
      ? rawJson(context?.source ?? String(value))
      : value,
  );
}

function isSpelled(value: unknown): value is Spelled {
  return (
    typeof value === 'object' &&
    value !== null &&
    'rawJSON' in value &&
    Object.isFrozen(value)
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !isSpelled(value)
  );
}

/** The same text for the same value, whatever the order of its keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted(value[key])]),
  );
}

/** MLflow's word for the kind of a value. */
export function fieldType(value: unknown): string {
  if (value === null) return 'null';
  if (isSpelled(value)) {
    return /^-?\d+$/.test(value.rawJSON) ? 'integer' : 'float';
  }
  if (Array.isArray(value)) return 'array';
  return typeof value;
}
