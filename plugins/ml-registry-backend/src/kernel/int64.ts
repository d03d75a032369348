/**
 * An integer of 64 bits, as steps and times of metrics are: a number where a number holds every digit of it, and a
 * bigint beyond.
 */
export type Int64 = number | bigint;

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** From digits, or from what a database driver hands out. */
export function toInt64(value: string | number | bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

export function isInt64(value: bigint): boolean {
  return value >= LOWEST && value <= HIGHEST;
}

/** Numbers and bigints compare with each other. */
export function compareInt64(a: Int64, b: Int64): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** As JSON spells it: digits, never a string, as MLflow's clients expect. */
export function int64Json(value: Int64): unknown {
  return typeof value === 'bigint' ? rawJson(String(value)) : value;
}

/** `JSON.parse` that keeps the digits of integers which a number does not hold. */
export function parseExactJson<T>(text: string): T {
  // Sixteen digits in a row are rare, and asking for the source of every number costs time.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value, context?: { source?: string }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? 0)
      : value,
  );
}

/** Of the language since 2025; the library of types does not know it yet. */
export function rawJson(text: string): unknown {
  const json: typeof JSON & { rawJSON?: (source: string) => unknown } = JSON;
  if (!json.rawJSON) throw new Error('This Node has no JSON.rawJSON');
  return json.rawJSON(text);
}
