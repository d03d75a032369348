/** Least, first quartile, median, third quartile, greatest; quartiles by linear interpolation, as NumPy has it. */
export function quartiles(
  values: readonly number[],
): [number, number, number, number, number] | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.ceil(place);
    return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
  };
  return [at(0), at(0.25), at(0.5), at(0.75), at(1)];
}
