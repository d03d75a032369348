/** What the order of the queue depends on. */
export type Waiting = { id: string; owner: string; createdAt: string };

/**
 * First come, first served, but fair between owners: next is the oldest job of the owner who has the fewest
 * jobs running or ahead in the queue; among equals, of the owner whose last turn is longest ago; then the oldest.
 * A group that submits a hundred jobs at once delays its own, not everybody's, with one slot as with many.
 */
export function orderQueue<T extends Waiting>(
  queued: readonly T[],
  active: readonly { owner: string }[],
  /** When each owner last got a slot, in ISO 8601. */
  lastTurns: ReadonlyMap<string, string> = new Map(),
): T[] {
  const load = new Map<string, number>();
  for (const { owner } of active) load.set(owner, (load.get(owner) ?? 0) + 1);
  const turns = new Map(lastTurns);

  const lines = new Map<string, T[]>();
  const byAge = [...queued].sort(olderFirst);
  for (const job of byAge) {
    lines.set(job.owner, [...(lines.get(job.owner) ?? []), job]);
  }

  const before = ([a, [jobA]]: [string, T[]], [b, [jobB]]: [string, T[]]) =>
    (load.get(a) ?? 0) - (load.get(b) ?? 0) ||
    compare(turns.get(a) ?? '', turns.get(b) ?? '') ||
    olderFirst(jobA, jobB);

  const ordered: T[] = [];
  while (lines.size) {
    const [[owner, [job, ...rest]]] = [...lines].sort(before);
    ordered.push(job);
    load.set(owner, (load.get(owner) ?? 0) + 1);
    // Later than any time, and later than the turns given out before.
    turns.set(owner, `~${String(ordered.length).padStart(9, '0')}`);
    if (rest.length) lines.set(owner, rest);
    else lines.delete(owner);
  }
  return ordered;
}

function olderFirst(a: Waiting, b: Waiting): number {
  return compare(a.createdAt, b.createdAt) || compare(a.id, b.id);
}

/** By code, not by language: times and ids, and `~` after every digit. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
