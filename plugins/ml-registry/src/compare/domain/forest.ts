/** Numbers that are the same for the same seed (mulberry32), from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

type Node =
  | { value: number }
  | { feature: number; at: number; low: Node; high: Node };

/** A forest that was grown, with which rows each tree has not seen. */
export type Forest = { trees: Array<{ root: Node; unseen: number[] }> };

/**
 * Grows a random forest for regression (Breiman 2001). Every tree learns from a bootstrap sample. Every split is the
 * one that lessens the squared error most among a third of the features.
 *
 * @param features one row per sample
 */
export function growForest(options: {
  features: readonly (readonly number[])[];
  targets: readonly number[];
  trees?: number;
  seed?: number;
}): Forest {
  const { features, targets, trees = 100, seed = 1 } = options;
  const random = seeded(seed);
  const count = targets.length;
  return {
    trees: Array.from({ length: trees }, () => {
      const rows = Array.from({ length: count }, () =>
        Math.floor(random() * count),
      );
      const seen = new Set(rows);
      return {
        root: grow({ features, targets, rows, random, depth: 0 }),
        unseen: targets.map((_, row) => row).filter(row => !seen.has(row)),
      };
    }),
  };
}

function grow(options: {
  features: readonly (readonly number[])[];
  targets: readonly number[];
  rows: number[];
  random: () => number;
  depth: number;
}): Node {
  const { features, targets, rows, random, depth } = options;
  const mean = rows.reduce((sum, row) => sum + targets[row], 0) / rows.length;
  if (rows.length < 4 || depth > 20) return { value: mean };
  const width = features[0].length;
  const tried = pick(width, Math.max(1, Math.ceil(width / 3)), random);
  let best: { feature: number; at: number; gain: number } | undefined;
  for (const feature of tried) {
    const split = bestSplit(features, targets, rows, feature);
    if (split && (!best || split.gain > best.gain))
      best = { feature, ...split };
  }
  if (!best) return { value: mean };
  const { feature, at } = best;
  const side = (isLow: boolean) =>
    grow({
      ...options,
      rows: rows.filter(row => features[row][feature] <= at === isLow),
      depth: depth + 1,
    });
  return { feature, at, low: side(true), high: side(false) };
}

function bestSplit(
  features: readonly (readonly number[])[],
  targets: readonly number[],
  rows: readonly number[],
  feature: number,
): { at: number; gain: number } | undefined {
  const sorted = [...rows].sort(
    (a, b) => features[a][feature] - features[b][feature],
  );
  const total = sorted.reduce((sum, row) => sum + targets[row], 0);
  let best: { at: number; gain: number } | undefined;
  let low = 0;
  for (let index = 0; index < sorted.length - 1; index += 1) {
    low += targets[sorted[index]];
    const here = features[sorted[index]][feature];
    const next = features[sorted[index + 1]][feature];
    if (here === next) continue;
    const left = index + 1;
    const right = sorted.length - left;
    // The squared error falls by this much, but for what is the same for all splits.
    const gain =
      low ** 2 / left + (total - low) ** 2 / right - total ** 2 / sorted.length;
    if (gain > 1e-12 && (!best || gain > best.gain)) {
      best = { at: (here + next) / 2, gain };
    }
  }
  return best;
}

function pick(width: number, count: number, random: () => number): number[] {
  const all = Array.from({ length: width }, (_, index) => index);
  for (let at = 0; at < count; at += 1) {
    const other = at + Math.floor(random() * (width - at));
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all.slice(0, count);
}

export function predict(root: Node, row: readonly number[]): number {
  let node = root;
  while ('feature' in node) {
    node = row[node.feature] <= node.at ? node.low : node.high;
  }
  return node.value;
}
