/** A point of a curve: its place on the bottom axis, and its value. */
export type CurvePoint = { x: number; value: number };

type Bucket = { low: Kept; high: Kept };
type Kept = CurvePoint & { order: number };

/**
 * Makes a curve of any length coarse enough to draw. It takes one pass, and memory that depends on `limit` alone.
 *
 * Up to `limit` points nothing is lost. Beyond, the axis is divided into buckets of equal width and each keeps its
 * smallest and its largest value; when points come that lie outside, neighbouring buckets are merged, so the range need
 * not be known before. Four things are promised. The first and last point on the axis and the extremes are kept. The
 * values of x ascend. Every point returned was added. There are at most `limit` of them.
 *
 * @example
 * const sampler = new CurveSampler(800);
 * for await (const point of points) sampler.add(point);
 * draw(sampler.points());
 */
export class CurveSampler {
  readonly #limit: number;
  readonly #bucketLimit: number;
  #all: Kept[] | undefined = [];
  #buckets = new Map<number, Bucket>();
  #width = 0;
  #origin = 0;
  #first: Kept | undefined;
  #last: Kept | undefined;
  #count = 0;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 6) {
      throw new RangeError(
        `A curve needs 6 points at least to keep its ends and extremes, not ${limit}`,
      );
    }
    this.#limit = limit;
    this.#bucketLimit = Math.floor((limit - 2) / 2);
  }

  /** How many points were added. */
  get count(): number {
    return this.#count;
  }

  add(point: CurvePoint): void {
    const kept = { x: point.x, value: point.value, order: this.#count };
    this.#count += 1;
    if (!this.#first || kept.x < this.#first.x) this.#first = kept;
    if (!this.#last || kept.x >= this.#last.x) this.#last = kept;
    if (!this.#all) {
      this.#put(kept);
      return;
    }
    this.#all.push(kept);
    if (this.#all.length > this.#limit) this.#divide(this.#all);
  }

  /** The points to draw, x ascending; points of the same x as they were added. */
  points(): CurvePoint[] {
    const kept =
      this.#all ??
      [...this.#buckets.values()].flatMap(({ low, high }) => [low, high]);
    const ends = this.#all ? [] : [this.#first, this.#last];
    const distinct = new Map<number, Kept>();
    for (const point of [...kept, ...ends]) {
      if (point) distinct.set(point.order, point);
    }
    return [...distinct.values()]
      .sort((a, b) => a.x - b.x || a.order - b.order)
      .map(({ x, value }) => ({ x, value }));
  }

  #divide(points: Kept[]): void {
    this.#all = undefined;
    const xs = points.map(({ x }) => x);
    this.#origin = Math.min(...xs);
    // A width of zero would be everything at one x; any width will do then.
    const range = Math.max(...xs) - this.#origin;
    this.#width = range / (this.#bucketLimit - 1) || 1;
    for (const point of points) this.#put(point);
  }

  #put(point: Kept): void {
    const index = Math.floor((point.x - this.#origin) / this.#width);
    const bucket = this.#buckets.get(index);
    if (!bucket) {
      this.#buckets.set(index, { low: point, high: point });
      while (this.#buckets.size > this.#bucketLimit) this.#merge();
      return;
    }
    if (point.value < bucket.low.value) bucket.low = point;
    if (point.value > bucket.high.value) bucket.high = point;
  }

  /** Ends: what lies on one side of the origin comes together, and two buckets are always allowed. */
  #merge(): void {
    this.#width *= 2;
    const merged = new Map<number, Bucket>();
    for (const [index, bucket] of this.#buckets) {
      const half = Math.floor(index / 2);
      const other = merged.get(half);
      if (!other) merged.set(half, bucket);
      else {
        if (bucket.low.value < other.low.value) other.low = bucket.low;
        if (bucket.high.value > other.high.value) other.high = bucket.high;
      }
    }
    this.#buckets = merged;
  }
}
