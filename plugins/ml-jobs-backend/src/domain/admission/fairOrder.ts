import { addTo, dominantShare, type Amounts } from './amounts';
import type { AdmissionQueue, RunningJob, WaitingJob } from './snapshot';

/** The jobs of one owner in one queue. */
type Line = {
  queue: string;
  owner: string;
  jobs: WaitingJob[];
  next: number;
  used: Record<string, number>;
  share: number;
  turn: string;
};

/** The owners with a job that waits, the next one first. */
class Heap {
  readonly #lines: Line[];

  constructor(lines: Line[]) {
    this.#lines = lines;
    for (let index = lines.length >> 1; index >= 0; index--) this.#sink(index);
  }

  first(): Line | undefined {
    return this.#lines[0];
  }

  /** After the first one has changed, or has nothing left. */
  settle(stays: boolean): void {
    const last = stays ? undefined : this.#lines.pop();
    if (last && this.#lines.length) this.#lines[0] = last;
    this.#sink(0);
  }

  #sink(from: number): void {
    const lines = this.#lines;
    for (let index = from; ; ) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (
          child < lines.length &&
          compareLines(lines[child], lines[first]) < 0
        )
          first = child;
      }
      if (first === index) return;
      [lines[index], lines[first]] = [lines[first], lines[index]];
      index = first;
    }
  }
}

type Branch = {
  weight: number;
  used: Record<string, number>;
  share: number;
  heap: Heap;
};

/**
 * Goes through all that wait, fairly. Next is the queue with the least share of its weight, and of it the owner with the
 * least share. Of an owner it is the job of the highest priority, the oldest first. A visit answers whether the job counts
 * as one that has its place from here on.
 *
 * @remarks
 * Among equals it is the owner whose last turn is longest ago. A group that submits a hundred jobs at once delays its
 * own, not everybody's. That holds with one slot as with many.
 */
export function walkFairly(options: {
  waiting: readonly WaitingJob[];
  running: readonly Pick<RunningJob, 'queue' | 'owner' | 'demand'>[];
  queues: readonly AdmissionQueue[];
  /** What there is in all. */
  total: Amounts;
  turns: ReadonlyMap<string, string>;
  visit: (job: WaitingJob) => boolean;
}): void {
  const { total, visit } = options;
  const branches = branchesOf(options);
  let given = 0;
  for (;;) {
    const branch = least(branches);
    const line = branch?.heap.first();
    if (!branch || !line) return;
    const job = line.jobs[line.next];
    line.next += 1;
    if (visit(job)) {
      given += 1;
      addTo(line.used, job.demand);
      line.share = dominantShare(line.used, total);
      // Later than any time, and later than the turns given out before.
      line.turn = `~${String(given).padStart(9, '0')}`;
      addTo(branch.used, job.demand);
      branch.share = dominantShare(branch.used, total) / branch.weight;
    }
    branch.heap.settle(line.next < line.jobs.length);
  }
}

function branchesOf(
  options: Parameters<typeof walkFairly>[0],
): Map<string, Branch> {
  const { waiting, running, queues, total, turns } = options;
  const weights = new Map(queues.map(({ name, weight }) => [name, weight]));
  const used = new Map<string, Record<string, number>>();
  const add = (key: string, demand: Amounts) => {
    const sum = used.get(key) ?? {};
    addTo(sum, demand);
    used.set(key, sum);
  };
  for (const { queue, owner, demand } of running) {
    add(queue, demand);
    add(keyOf(queue, owner), demand);
  }
  const lines = new Map<string, Line>();
  for (const job of [...waiting].sort(compareJobs)) {
    const key = keyOf(job.queue, job.owner);
    const line = lines.get(key);
    if (line) line.jobs.push(job);
    else {
      const own = used.get(key) ?? {};
      lines.set(key, {
        ...{ queue: job.queue, owner: job.owner, jobs: [job], next: 0 },
        ...{ used: own, share: dominantShare(own, total) },
        turn: turns.get(job.owner) ?? '',
      });
    }
  }
  const byQueue = new Map<string, Line[]>();
  for (const line of lines.values()) {
    const own = byQueue.get(line.queue);
    if (own) own.push(line);
    else byQueue.set(line.queue, [line]);
  }
  const names = [...byQueue.keys()].sort(compare);
  return new Map(
    names.map(name => {
      const weight = weights.get(name) ?? 1;
      const own = used.get(name) ?? {};
      return [
        name,
        {
          ...{ weight, used: own, heap: new Heap(byQueue.get(name) ?? []) },
          share: dominantShare(own, total) / weight,
        },
      ];
    }),
  );
}

/** Few queues have jobs that wait, so they are looked at one by one. */
function least(branches: ReadonlyMap<string, Branch>): Branch | undefined {
  let found: Branch | undefined;
  for (const branch of branches.values()) {
    const line = branch.heap.first();
    if (!line) continue;
    const other = found?.heap.first();
    const order =
      !found || !other
        ? -1
        : branch.share - found.share || compareHeads(line, other);
    if (order < 0) found = branch;
  }
  return found;
}

function compareLines(a: Line, b: Line): number {
  return a.share - b.share || compareHeads(a, b);
}

function compareHeads(a: Line, b: Line): number {
  const [first, second] = [a.jobs[a.next], b.jobs[b.next]];
  return (
    second.priority - first.priority ||
    compare(a.turn, b.turn) ||
    olderFirst(first, second)
  );
}

/** The order within one owner. */
export function compareJobs(a: WaitingJob, b: WaitingJob): number {
  return b.priority - a.priority || olderFirst(a, b);
}

function olderFirst(a: WaitingJob, b: WaitingJob): number {
  return compare(a.createdAt, b.createdAt) || compare(a.id, b.id);
}

/** The jobs of one owner in one queue, which are a line of their own. */
export function keyOf(queue: string, owner: string): string {
  return `${queue} ${owner}`;
}

/** By code, not by language: times and ids, and `~` after every digit. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
