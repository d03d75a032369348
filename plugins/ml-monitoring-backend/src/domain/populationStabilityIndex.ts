import { chiSquaredQuantile } from './chiSquared';

/**
 * The least share a bin is given. A bin that is empty on one side would make PSI infinite; the same data give
 * another PSI with another value, so every window says which one it used.
 */
export const EPSILON = 1e-4;

export type StabilityIndex = {
  psi: number;
  /** Bins that hold something on at least one side. */
  bins: number;
};

/**
 * PSI = Σ (c_i − r_i)·ln(c_i / r_i) over the shares of the same bins in the reference and in the current rows.
 *
 * @remarks
 * Shares below {@link EPSILON} are raised to it, without renormalising. Bins that are empty on both sides
 * say nothing and are not counted.
 */
export function populationStabilityIndex(
  reference: readonly number[],
  current: readonly number[],
): StabilityIndex {
  const referenceRows = sum(reference);
  const currentRows = sum(current);
  let psi = 0;
  let bins = 0;
  for (let i = 0; i < reference.length; i++) {
    if (!reference[i] && !current[i]) continue;
    bins += 1;
    const r = Math.max(reference[i] / referenceRows, EPSILON);
    const c = Math.max(current[i] / currentRows, EPSILON);
    psi += (c - r) * Math.log(c / r);
  }
  return { psi, bins };
}

/**
 * What PSI stays below with the given confidence when nothing changed: (1/n_r + 1/n_c)·χ²_{B−1}.
 *
 * @remarks
 * Without it a window of a hundred rows exceeds 0.1 in two cases of five although nothing changed.
 */
export function criticalStabilityIndex(options: {
  referenceRows: number;
  currentRows: number;
  bins: number;
  confidence: number;
}): number {
  const { referenceRows, currentRows, bins, confidence } = options;
  return (
    (1 / referenceRows + 1 / currentRows) *
    chiSquaredQuantile(confidence, bins - 1)
  );
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
