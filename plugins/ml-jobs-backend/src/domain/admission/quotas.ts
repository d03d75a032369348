import { exceeds, plus, type Amounts } from './amounts';
import type { AdmissionQueue, Lack } from './snapshot';

/**
 * What queues hold, and what each may still take.
 *
 * @remarks
 * Of each resource, what lenders leave unused is lent once: what is borrowed in all never exceeds it. A lender that takes
 * its own back may find it lent: then loans have to end first.
 */
export class Quotas {
  readonly #queues: ReadonlyMap<string, AdmissionQueue>;
  readonly #used = new Map<string, Record<string, number>>();

  constructor(queues: readonly AdmissionQueue[]) {
    this.#queues = new Map(queues.map(queue => [queue.name, queue]));
  }

  find(name: string): AdmissionQueue | undefined {
    return this.#queues.get(name);
  }

  used(name: string): Amounts {
    return this.#used.get(name) ?? {};
  }

  take(name: string, demand: Amounts): void {
    this.#used.set(name, plus(this.used(name), demand));
  }

  give(name: string, demand: Amounts): void {
    const back = Object.entries(demand).map(([key, value]) => [key, -value]);
    this.take(name, Object.fromEntries(back));
  }

  /** What a queue uses over its quota. */
  borrowed(name: string, resource: string): number {
    const quota = this.find(name)?.quota[resource];
    if (quota === undefined) return 0;
    return Math.max(0, (this.used(name)[resource] ?? 0) - quota);
  }

  /** The most that a queue may ever hold of a resource; undefined for no limit. */
  most(queue: AdmissionQueue, resource: string): number | undefined {
    const quota = queue.quota[resource];
    if (quota === undefined || !queue.borrowing) return quota;
    let lent = 0;
    for (const other of this.#queues.values()) {
      if (other.lends && other.name !== queue.name)
        lent += other.quota[resource] ?? 0;
    }
    return quota + Math.min(queue.borrowing[resource] ?? Infinity, lent);
  }

  /** Whether a queue that takes so much stays within its own quota, and borrows nothing. */
  isOwn(queue: AdmissionQueue, demand: Amounts): boolean {
    const used = this.used(queue.name);
    return Object.keys(demand).every(
      resource =>
        queue.quota[resource] === undefined ||
        !exceeds(
          (used[resource] ?? 0) + demand[resource],
          queue.quota[resource],
        ),
    );
  }

  /** The resources of which a queue may not take so much, with the figures. */
  lacking(queue: AdmissionQueue, demand: Amounts): Lack[] {
    const lacks: Lack[] = [];
    for (const resource of Object.keys(demand)) {
      const limit = this.#limit(queue, resource);
      if (limit === undefined || demand[resource] <= 0) continue;
      const used = this.used(queue.name)[resource] ?? 0;
      const needed = demand[resource];
      if (exceeds(needed, limit - used))
        lacks.push({
          ...{ resource, needed, total: limit, used, held: 0 },
          free: limit - used,
        });
    }
    return lacks;
  }

  /** What a queue may hold now, given what others use; below its use where what it lent is not back. */
  #limit(queue: AdmissionQueue, resource: string): number | undefined {
    const quota = queue.quota[resource];
    if (quota === undefined) return undefined;
    const used = this.used(queue.name)[resource] ?? 0;
    const pool = this.#pool(resource);
    if (!queue.borrowing) {
      if (!queue.lends) return quota;
      // Of its own unused quota, only what is not lent out.
      return Math.min(quota, used + Math.max(0, pool));
    }
    const own = quota + (queue.borrowing[resource] ?? Infinity);
    if (queue.lends) return Math.min(own, used + Math.max(0, pool));
    const unused = Math.max(0, quota - used);
    return Math.min(own, used + unused + Math.max(0, pool));
  }

  /** What is lent and not yet borrowed; less than nothing where more is borrowed than lent. */
  #pool(resource: string): number {
    let pool = 0;
    for (const { name, quota, lends } of this.#queues.values()) {
      if (quota[resource] === undefined) continue;
      const used = this.used(name)[resource] ?? 0;
      if (lends) pool += Math.max(0, quota[resource] - used);
      pool -= Math.max(0, used - quota[resource]);
    }
    return pool;
  }
}
