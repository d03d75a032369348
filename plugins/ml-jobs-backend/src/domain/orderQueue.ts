/** What the order of the queue depends on. */
export type Waiting = { id: string; owner: string; createdAt: string };

type Head<T> = {
  owner: string;
  line: T[];
  next: number;
  load: number;
  turn: string;
};

function before<T extends Waiting>(a: Head<T>, b: Head<T>): boolean {
  const order =
    a.load - b.load ||
    compare(a.turn, b.turn) ||
    olderFirst(a.line[a.next], b.line[b.next]);
  return order < 0;
}

/** The owners with a job that waits, the next one first. Ten thousand jobs are ordered in some milliseconds. */
class Heap<T extends Waiting> {
  readonly #heads: Head<T>[];

  constructor(heads: Head<T>[]) {
    this.#heads = heads;
    for (let index = heads.length >> 1; index >= 0; index--) this.#sink(index);
  }

  first(): Head<T> | undefined {
    return this.#heads[0];
  }

  /** After the first one has changed, or has nothing left. */
  settle(stays: boolean): void {
    const last = stays ? undefined : this.#heads.pop();
    if (last && this.#heads.length) this.#heads[0] = last;
    this.#sink(0);
  }

  #sink(from: number): void {
    const heads = this.#heads;
    for (let index = from; ; ) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heads.length && before(heads[child], heads[least]))
          least = child;
      }
      if (least === index) return;
      [heads[index], heads[least]] = [heads[least], heads[index]];
      index = least;
    }
  }
}

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
  /** How many of the first ones are wanted. */
  most = Infinity,
): T[] {
  const load = new Map<string, number>();
  for (const { owner } of active) load.set(owner, (load.get(owner) ?? 0) + 1);
  const byOwner = new Map<string, T[]>();
  for (const job of [...queued].sort(olderFirst)) {
    const line = byOwner.get(job.owner);
    if (line) line.push(job);
    else byOwner.set(job.owner, [job]);
  }
  const heads: Head<T>[] = [...byOwner].map(([owner, line]) => ({
    owner,
    line,
    next: 0,
    load: load.get(owner) ?? 0,
    turn: lastTurns.get(owner) ?? '',
  }));
  const heap = new Heap(heads);
  const ordered: T[] = [];
  while (ordered.length < most) {
    const head = heap.first();
    if (!head) break;
    ordered.push(head.line[head.next]);
    head.next += 1;
    head.load += 1;
    // Later than any time, and later than the turns given out before.
    head.turn = `~${String(ordered.length).padStart(9, '0')}`;
    heap.settle(head.next < head.line.length);
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
