// Judges single admissions by the rule of dominant-resource fairness. Nothing here is shared with the portal's own code.

const shareOf = (held, capacity) =>
  Math.max(
    ...Object.keys(capacity).map(name => (held[name] ?? 0) / capacity[name]),
  );
const fits = (demand, free) =>
  Object.keys(free).every(name => (demand[name] ?? 0) <= free[name]);

/**
 * Follows admissions one by one. Each is wrong in one case: somebody else holds a smaller dominant share
 * then, and has a job that fits.
 *
 * @param {{ running: { owner: string, demand: Record<string, number> }[],
 *   waiting: { id: string, owner: string, demand: Record<string, number> }[],
 *   admit: string[], capacity: Record<string, number> }} round
 * @returns {string[]} the ids of those that were admitted wrongly
 */
export function judge({ running, waiting, admit, capacity }) {
  const free = { ...capacity };
  const held = new Map();
  const take = ({ owner, demand }) => {
    const sum = held.get(owner) ?? {};
    for (const name of Object.keys(capacity)) {
      free[name] -= demand[name] ?? 0;
      sum[name] = (sum[name] ?? 0) + (demand[name] ?? 0);
    }
    held.set(owner, sum);
  };
  running.forEach(take);
  const left = new Map(waiting.map(job => [job.id, job]));
  const wrong = [];
  for (const id of admit) {
    const job = left.get(id);
    const own = shareOf(held.get(job.owner) ?? {}, capacity);
    const better = [...left.values()].some(
      other =>
        other.owner !== job.owner &&
        shareOf(held.get(other.owner) ?? {}, capacity) < own - 1e-9 &&
        fits(other.demand, free),
    );
    if (better || !fits(job.demand, free)) wrong.push(id);
    left.delete(id);
    take(job);
  }
  return wrong;
}
