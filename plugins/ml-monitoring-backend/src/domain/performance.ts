import type { LabelValue } from '@downstage/plugin-ml-monitoring-common';

type Pair = { prediction: LabelValue | null; label: LabelValue };

/**
 * The share of predictions that are right.
 *
 * @remarks
 * Numbers are compared as numbers, also where a label came as text or as yes or no: 1, 1.0, `"1"` and `true` are one
 * class. With a cutoff, predictions are scores. A prediction that is missing is wrong.
 */
export function shareRight(pairs: readonly Pair[], cutoff?: number): number {
  const right = pairs.filter(({ prediction, label }) => {
    if (prediction === null) return false;
    if (cutoff === undefined) return isSame(prediction, label);
    const score = numberOf(prediction);
    return score !== undefined && isSame(score >= cutoff, label);
  });
  return right.length / pairs.length;
}

/**
 * The mean distance of prediction and label.
 *
 * @throws Error where one of them is no number
 */
export function meanAbsoluteError(pairs: readonly Pair[]): number {
  let sum = 0;
  for (const { prediction, label } of pairs) {
    const [found, wanted] = [numberOf(prediction), numberOf(label)];
    if (found === undefined || wanted === undefined) {
      throw new Error(
        `${
          found === undefined ? 'a prediction' : 'a label'
        } is no number, so there is no distance between them`,
      );
    }
    sum += Math.abs(found - wanted);
  }
  return sum / pairs.length;
}

function isSame(a: LabelValue, b: LabelValue): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string') return false;
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return left === right;
  return String(a).toLowerCase() === String(b).toLowerCase() && isWord(a, b);
}

/** `true` and `"True"` are one; texts that differ in capitals are two. */
function isWord(a: LabelValue, b: LabelValue): boolean {
  return typeof a === 'boolean' || typeof b === 'boolean';
}

function numberOf(value: LabelValue | null): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null || (typeof value === 'string' && !value.trim())) {
    return undefined;
  }
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
