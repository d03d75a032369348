/** What the order of the queue depends on. */
export type Waiting = { id: string; owner: string; createdAt: string };

/**
 * First come, first served, but fair between owners: next is always the oldest job of the owner who
 * has the fewest jobs running or ahead in the queue. A group that submits a hundred jobs at
 * once delays its own, not everybody's.
 */
export function orderQueue<T extends Waiting>(
  queued: readonly T[],
  active: readonly { owner: string }[],
): T[] {
  const load = new Map<string, number>();
  for (const { owner } of active) load.set(owner, (load.get(owner) ?? 0) + 1);

  const byAge = [...queued].sort(
    (a, b) =>
      a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id),
  );
  const lines = new Map<string, T[]>();
  for (const job of byAge) {
    lines.set(job.owner, [...(lines.get(job.owner) ?? []), job]);
  }

  const ordered: T[] = [];
  while (lines.size) {
    const [owner, line] = [...lines].reduce((best, candidate) =>
      (load.get(candidate[0]) ?? 0) < (load.get(best[0]) ?? 0)
        ? candidate
        : best,
    );
    const [job, ...rest] = line;
    ordered.push(job);
    load.set(owner, (load.get(owner) ?? 0) + 1);
    // Taken out and put back at the place of its next job's age, so that ties go to the oldest.
    lines.delete(owner);
    if (rest.length) lines.set(owner, rest);
    const sorted = [...lines].sort(([, a], [, b]) =>
      a[0].createdAt.localeCompare(b[0].createdAt),
    );
    lines.clear();
    for (const [key, value] of sorted) lines.set(key, value);
  }
  return ordered;
}
