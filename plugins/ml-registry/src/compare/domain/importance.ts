import { growForest, predict, seeded, type Forest } from './forest';
import {
  nameOf,
  numberOf,
  textOf,
  varyingParams,
  type Compared,
} from './columns';

export type Importance = {
  /** Params from the most to the least important; shares sum to 1 unless all are 0. */
  params: Array<{ name: string; share: number }>;
  /** How much of the metric's spread the forest tells for runs it has not seen (out-of-bag R²), at most 1. */
  fit: number;
  runs: number;
};

const FEWEST = 5;

/** Runs without the param stand apart from all others. */
const ABSENT = -1e300;

/**
 * Which params go with a metric: the permutation importance of a random forest (Breiman 2001). The values of one param
 * are shuffled among the runs that a tree has not seen; the more wrong the forest then is, the more the param matters.
 * Params that are words count by where their mean metric stands among the words. The same runs give the same answer.
 *
 * Undefined with fewer than five runs that have the metric, or without a param that varies among them.
 */
export function paramImportance(
  runs: readonly Compared[],
  metric: string,
): Importance | undefined {
  const having = runs.filter(run => numberOf(run, metric) !== undefined);
  const params = varyingParams(having);
  if (having.length < FEWEST || params.length === 0) return undefined;
  const targets = having.map(run => numberOf(run, metric) ?? 0);
  const encoders = params.map(param => encoder(having, targets, param));
  const features = having.map(run => encoders.map(encode => encode(run)));
  const forest = growForest({ features, targets });
  const losses = permutationLosses(forest, features, targets);
  const total = losses.byFeature.reduce((sum, loss) => sum + loss, 0);
  return {
    params: params
      .map((param, index) => ({
        name: nameOf(param),
        share: total > 0 ? losses.byFeature[index] / total : 0,
      }))
      .sort((a, b) => b.share - a.share || a.name.localeCompare(b.name)),
    fit: losses.fit,
    runs: having.length,
  };
}

/** By how much the out-of-bag error grows when a feature is shuffled; never below 0. */
function permutationLosses(
  forest: Forest,
  features: readonly (readonly number[])[],
  targets: readonly number[],
  seed = 2,
): { byFeature: number[]; fit: number } {
  const random = seeded(seed);
  const width = features[0].length;
  const growth = Array.from({ length: width }, () => 0);
  const sums = targets.map(() => ({ sum: 0, count: 0 }));
  for (const { root, unseen } of forest.trees) {
    if (unseen.length < 2) continue;
    const error = (rowOf: (row: number) => readonly number[]) =>
      unseen.reduce(
        (sum, row) => sum + (predict(root, rowOf(row)) - targets[row]) ** 2,
        0,
      ) / unseen.length;
    for (const row of unseen) {
      sums[row].sum += predict(root, features[row]);
      sums[row].count += 1;
    }
    const base = error(row => features[row]);
    for (let feature = 0; feature < width; feature += 1) {
      const shuffled = shuffle(unseen, random);
      const from = new Map(unseen.map((row, at) => [row, shuffled[at]]));
      growth[feature] +=
        error(row => {
          const values = [...features[row]];
          values[feature] = features[from.get(row) ?? row][feature];
          return values;
        }) - base;
    }
  }
  return {
    byFeature: growth.map(sum => Math.max(0, sum / forest.trees.length)),
    fit: fitOf(sums, targets),
  };
}

function fitOf(
  sums: ReadonlyArray<{ sum: number; count: number }>,
  targets: readonly number[],
): number {
  const mean = targets.reduce((sum, value) => sum + value, 0) / targets.length;
  let wrong = 0;
  let spread = 0;
  sums.forEach(({ sum, count }, row) => {
    if (count === 0) return;
    wrong += (sum / count - targets[row]) ** 2;
    spread += (mean - targets[row]) ** 2;
  });
  return spread > 0 ? 1 - wrong / spread : 0;
}

function encoder(
  runs: readonly Compared[],
  targets: readonly number[],
  param: string,
): (run: Compared) => number {
  const isNumeric = runs.every(
    run =>
      textOf(run, param) === undefined || numberOf(run, param) !== undefined,
  );
  if (isNumeric) return run => numberOf(run, param) ?? ABSENT;
  const means = new Map<string, { sum: number; count: number }>();
  runs.forEach((run, row) => {
    const text = textOf(run, param) ?? '';
    const mean = means.get(text) ?? { sum: 0, count: 0 };
    means.set(text, {
      sum: mean.sum + targets[row],
      count: mean.count + 1,
    });
  });
  const order = [...means]
    .sort(([, a], [, b]) => a.sum / a.count - b.sum / b.count)
    .map(([text]) => text);
  return run => order.indexOf(textOf(run, param) ?? '');
}

function shuffle(items: readonly number[], random: () => number): number[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [result[at], result[other]] = [result[other], result[at]];
  }
  return result;
}
