/** So much of each resource: `slots`, `cpu` in cores, `memory` in bytes, `gpus`. One that is absent is none, or no limit. */
export type Amounts = Readonly<Record<string, number>>;

/** Fractions of cores add up to a whole number with a small error. */
const tolerance = 1e-9;

export function plus(a: Amounts, b: Amounts): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  addTo(sum, b);
  return sum;
}

/** Adds to a sum in place. */
export function addTo(sum: Record<string, number>, more: Amounts): void {
  for (const resource of Object.keys(more))
    sum[resource] = (sum[resource] ?? 0) + more[resource];
}

export function sumOf(all: readonly Amounts[]): Record<string, number> {
  return all.reduce<Record<string, number>>(plus, {});
}

export function exceeds(needed: number, free: number): boolean {
  return needed > free + tolerance * Math.max(1, Math.abs(free));
}

/** The resources of which there is less than needed; one that the other side does not name is not counted. */
export function lackOf(demand: Amounts, free: Amounts): string[] {
  return Object.keys(demand).filter(
    resource =>
      demand[resource] > 0 &&
      resource in free &&
      exceeds(demand[resource], free[resource]),
  );
}

/** The largest part that is used of any resource. A resource whose total is not known counts by itself if it is a slot. */
export function dominantShare(used: Amounts, total: Amounts): number {
  let share = 0;
  for (const resource of Object.keys(used)) {
    const all = total[resource] || (resource === 'slots' ? 1 : Infinity);
    share = Math.max(share, used[resource] / all);
  }
  return share;
}
