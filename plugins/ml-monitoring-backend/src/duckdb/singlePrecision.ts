/**
 * A value as a model that takes 32-bit floats may have been given it: exactly that float, or the shortest decimal that
 * says the same.
 *
 * @remarks
 * Training data has 64 bits, and the prediction log keeps what the model got. 0.123456789012 is logged as 0.12345679,
 * and is still the same value.
 */
export function shortest32(value: number): number {
  const single = Math.fround(value);
  for (let digits = 6; digits <= 9; digits += 1) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return short;
  }
  return single;
}

/** The greatest number that is still `edge` to a model of 32 bits: what was at most the edge stays there. */
export function edgeFor32(edge: number): number {
  const single = Math.fround(edge);
  return Number.isFinite(single)
    ? Math.max(edge, single, shortest32(edge))
    : edge;
}

/** The smallest one, for the lower end of a range. */
export function floorFor32(edge: number): number {
  const single = Math.fround(edge);
  return Number.isFinite(single)
    ? Math.min(edge, single, shortest32(edge))
    : edge;
}

/**
 * Predictions may be the same one, computed in two ways. They count as one when they are closer than one of so many
 * parts of their range.
 */
export const PARTS_OF_RANGE = 10_000;

/**
 * Counts of values over frozen categories that are numbers.
 *
 * @remarks
 * Values are categories as they stand where all of them do. Else they are compared as 32-bit floats; categories that
 * are one such float cannot be told apart, and share its count in the proportions of the baseline.
 *
 * `computed` are predictions: the run that recorded them and the gateway compute them in different ways. So a value
 * counts for the nearest category within a ten-thousandth of their range.
 */
export function countOverNumbers(
  categories: readonly string[],
  baseline: readonly number[],
  values: readonly { value: number; count: number }[],
  options: { computed?: boolean } = {},
): { counts: number[]; unseen: { value: number; count: number }[] } {
  const exact = new Map(categories.map((text, bin) => [text, bin]));
  const counts = new Array<number>(categories.length + 1).fill(0);
  if (values.every(({ value }) => exact.has(String(value)))) {
    for (const { value, count } of values) {
      counts[exact.get(String(value)) ?? 0] += count;
    }
    return { counts, unseen: [] };
  }
  const groups = new Map<number, number[]>();
  categories.forEach((text, bin) => {
    const single = Math.fround(Number(text));
    groups.set(single, [...(groups.get(single) ?? []), bin]);
  });
  const singles = [...groups.keys()];
  const reach = options.computed
    ? (Math.max(...singles) - Math.min(...singles)) / PARTS_OF_RANGE
    : 0;
  const groupOf = (value: number) => {
    const single = Math.fround(value);
    if (groups.has(single) || !reach) return single;
    const distance = (other: number) => Math.abs(other - value);
    const nearest = singles.reduce((a, b) =>
      distance(b) < distance(a) ? b : a,
    );
    return distance(nearest) <= reach ? nearest : single;
  };
  const unseen: { value: number; count: number }[] = [];
  const found = new Map<number, number>();
  for (const { value, count } of values) {
    const single = groupOf(value);
    if (groups.has(single)) found.set(single, (found.get(single) ?? 0) + count);
    else {
      counts[categories.length] += count;
      unseen.push({ value, count });
    }
  }
  for (const [single, count] of found) {
    share(count, groups.get(single) ?? [], { baseline, counts });
  }
  return { counts, unseen };
}

/** Whole counts in the proportions of the baseline; what rounding leaves goes to the largest. */
function share(
  count: number,
  bins: number[],
  options: { baseline: readonly number[]; counts: number[] },
) {
  const { baseline, counts } = options;
  const total = bins.reduce((sum, bin) => sum + (baseline[bin] ?? 0), 0);
  const largest = bins.reduce((a, b) => (baseline[b] > baseline[a] ? b : a));
  let left = count;
  for (const bin of bins) {
    if (bin === largest) continue;
    const part = total ? Math.floor((count * baseline[bin]) / total) : 0;
    counts[bin] += part;
    left -= part;
  }
  counts[largest] += left;
}
