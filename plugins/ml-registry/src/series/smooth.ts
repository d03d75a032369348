/**
 * Exponential moving average with the bias of its beginning taken out, as in TensorBoard and MLflow: a constant curve
 * stays as it is from its first point on.
 *
 * @param weight how much of the past is kept: 0 leaves the values alone, below 1
 */
export function smooth(values: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...values];
  const kept = Math.min(weight, 0.9999);
  let average = 0;
  let bias = 1;
  return values.map(value => {
    average = average * kept + (1 - kept) * value;
    bias *= kept;
    return average / (1 - bias);
  });
}
