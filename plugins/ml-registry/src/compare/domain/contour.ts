/** A known value at a place. */
export type Known = { x: number; y: number; value: number };

/** Values over a regular grid; `values[row][column]` belongs to `ys[row]` and `xs[column]`. */
export type Surface = { xs: number[]; ys: number[]; values: number[][] };

/**
 * Interpolates between scattered points by inverse distance (Shepard 1968, power 2), both axes scaled to the same
 * length. At a known place the known value comes out. Between known places it is a mean in which the near ones count
 * most. So nothing is ever below the least or above the greatest known value.
 *
 * Undefined where there is no surface: fewer than three points, or all on one line along an axis.
 */
export function interpolate(
  points: readonly Known[],
  size = 40,
): Surface | undefined {
  if (points.length < 3) return undefined;
  const range = (values: number[]) => {
    const min = Math.min(...values);
    return { min, width: Math.max(...values) - min };
  };
  const horizontal = range(points.map(({ x }) => x));
  const vertical = range(points.map(({ y }) => y));
  if (horizontal.width === 0 || vertical.width === 0) return undefined;
  const steps = Array.from({ length: size }, (_, at) => at / (size - 1));
  const scaled = points.map(({ x, y, value }) => ({
    x: (x - horizontal.min) / horizontal.width,
    y: (y - vertical.min) / vertical.width,
    value,
  }));
  return {
    xs: steps.map(at => horizontal.min + at * horizontal.width),
    ys: steps.map(at => vertical.min + at * vertical.width),
    values: steps.map(y => steps.map(x => valueAt(scaled, x, y))),
  };
}

function valueAt(points: readonly Known[], x: number, y: number): number {
  let sum = 0;
  let weights = 0;
  let here = 0;
  let hereCount = 0;
  for (const point of points) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance < 1e-12) {
      here += point.value;
      hereCount += 1;
      continue;
    }
    sum += point.value / distance;
    weights += 1 / distance;
  }
  return hereCount > 0 ? here / hereCount : sum / weights;
}
