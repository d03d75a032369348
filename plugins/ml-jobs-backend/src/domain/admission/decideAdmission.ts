import { lackOf, plus, sumOf, type Amounts } from './amounts';
import { compareJobs, keyOf, walkFairly } from './fairOrder';
import { Quotas } from './quotas';
import type {
  AdmissionDecision,
  AdmissionQueue,
  AdmissionSnapshot,
  Lack,
  Room,
  RunningJob,
  WaitingJob,
  WhyNot,
} from './snapshot';

/** What is kept in a room for a job that has waited long, or that others are stopped for. */
type Hold = { job: string; amounts: Amounts; lacking: readonly string[] };
type Space = { room: Room; used: Record<string, number>; holds: Hold[] };
type Victim = AdmissionDecision['preempt'][number];

/** A job that cannot start until somebody changes something stands behind all others. */
const parking = new Set(['QueueMissing', 'QueueHeld', 'TooLarge']);

class Round {
  readonly #snapshot: AdmissionSnapshot;
  readonly #quotas: Quotas;
  readonly #spaces = new Map<string, Space[]>();
  readonly #spent: ReadonlyMap<string, Amounts>;
  readonly #total: Amounts;
  readonly #admitted = new Map<string, Room>();
  readonly #victims = new Map<string, Victim>();
  /** Jobs that others were stopped for, or are. */
  readonly #claims = new Set<string>();
  /** Jobs that wait for others to end, which were told to. */
  readonly #makingRoom = new Set<string>();
  /** Those for which the others end in a room of this decision. Elsewhere nothing that is free here has to be kept. */
  readonly #makingRoomHere = new Set<string>();
  /** Kinds of jobs that found nothing in this round: there is only less from then on. */
  readonly #hopeless = new Set<string>();
  /** The least priority that may be stopped, by queue. */
  readonly #lowest = new Map<string, number>();

  constructor(snapshot: AdmissionSnapshot) {
    this.#snapshot = snapshot;
    const { rooms, queues, running, waiting, spent } = snapshot;
    this.#quotas = new Quotas(queues);
    for (const room of rooms) {
      const space = { room, used: {}, holds: [] };
      const others = this.#spaces.get(room.runtime);
      if (others) others.push(space);
      else this.#spaces.set(room.runtime, [space]);
    }
    this.#total = sumOf(rooms.map(({ capacity }) => capacity));
    this.#spent = new Map(
      spent.map(({ queue, owner, used }) => [keyOf(queue, owner), used]),
    );
    const isWaiting = new Set(waiting.map(({ id }) => id));
    const claim = (id?: string) => {
      if (id !== undefined && isWaiting.has(id)) this.#claims.add(id);
    };
    for (const job of running) {
      this.#quotas.take(job.queue, job.demand);
      const space = this.#spaceOf(job);
      if (space) space.used = plus(space.used, job.demand);
      claim(job.stoppingFor);
      if (job.stoppingFor !== undefined) {
        this.#makingRoom.add(job.stoppingFor);
        if (space) this.#makingRoomHere.add(job.stoppingFor);
      } else if (job.preemptible)
        this.#lowest.set(
          job.queue,
          Math.min(this.#lowest.get(job.queue) ?? Infinity, job.priority),
        );
    }
    waiting.forEach(({ stoppedFor }) => claim(stoppedFor));
  }

  decide(): AdmissionDecision {
    const { running, queues, rooms, turns } = this.#snapshot;
    // Sorted once: what follows keeps the order.
    const waiting = [...this.#snapshot.waiting].sort(compareJobs);
    const claimants = waiting.filter(({ id }) => this.#claims.has(id));
    for (const job of claimants) this.#visit(job);
    const runtimes = new Set(
      [...rooms, ...waiting].map(({ runtime }) => runtime),
    );
    const here = running.filter(({ runtime }) => runtimes.has(runtime));
    const options = { running: here, queues, turns, total: this.#total };
    walkFairly({
      ...options,
      running: [
        ...here,
        ...claimants.filter(({ id }) => this.#admitted.has(id)),
      ],
      waiting: waiting.filter(({ id }) => !this.#claims.has(id)),
      visit: job => this.#visit(job),
    });
    const whyNot = this.#explain();
    const order = claimants.map(({ id }) => id);
    const parked: WaitingJob[] = [];
    const line = waiting.filter(job => {
      if (this.#claims.has(job.id)) return false;
      const why = whyNot.get(job.id);
      const isParked = why !== undefined && parking.has(why.reason);
      if (isParked) parked.push(job);
      return !isParked;
    });
    for (const part of [line, parked])
      walkFairly({
        ...options,
        waiting: part,
        visit: ({ id }) => order.push(id) > 0,
      });
    return {
      admit: [...this.#admitted].map(([id, room]) => ({ id, room })),
      preempt: [...this.#victims.values()],
      order,
      whyNot,
    };
  }

  /** Lets a job start, or stops others for it, or keeps what is free for it; true when it starts. */
  #visit(job: WaitingJob): boolean {
    const kind = kindOf(job);
    const isClaim = this.#claims.has(job.id);
    if (!isClaim && this.#hopeless.has(kind)) return false;
    const queue = this.#quotas.find(job.queue);
    const spaces = this.#spaces.get(job.runtime) ?? [];
    const fitting = spaces.filter(
      ({ room }) => !lackOf(job.demand, room.capacity).length,
    );
    if (!queue || !fitting.length || this.#neverBy(job, queue)) {
      this.#hopeless.add(kind);
      return false;
    }
    const isWithin = !this.#quotas.lacking(queue, job.demand).length;
    const free = fitting.find(
      space => !lackOf(job.demand, freeOf(space)).length,
    );
    if (isWithin && free) {
      free.used = plus(free.used, job.demand);
      this.#quotas.take(job.queue, job.demand);
      this.#admitted.set(job.id, free.room);
      return true;
    }
    if (this.#makingRoom.has(job.id)) {
      if (this.#makingRoomHere.has(job.id)) hold(job, fitting[0]);
      return false;
    }
    if (this.#stopOthers(job, queue, fitting)) return false;
    const isOld =
      Date.parse(this.#snapshot.now) - Date.parse(job.createdAt) >=
      this.#snapshot.reserveAfterMs;
    if (isWithin && (isClaim || isOld)) this.#reserve(job, fitting);
    this.#hopeless.add(kind);
    return false;
  }

  /** Whether the queue lets no job of this kind start, whatever is free. */
  #neverBy(job: WaitingJob, queue: AdmissionQueue): boolean {
    return (
      queue.held ||
      this.#overMost(job, queue).length > 0 ||
      this.#overPeriod(job, queue).length > 0
    );
  }

  #overMost({ demand }: WaitingJob, queue: AdmissionQueue): Lack[] {
    return Object.keys(demand).flatMap(resource => {
      const total = this.#quotas.most(queue, resource);
      if (total === undefined || !lackOf(demand, { [resource]: total }).length)
        return [];
      const needed = demand[resource];
      return [{ resource, needed, total, used: 0, held: 0, free: total }];
    });
  }

  #overPeriod({ owner }: WaitingJob, queue: AdmissionQueue): Lack[] {
    const spent = this.#spent.get(keyOf(queue.name, owner)) ?? {};
    return Object.entries(queue.period)
      .filter(([unit, most]) => (spent[unit] ?? 0) >= most)
      .map(([resource, total]) => {
        const used = spent[resource] ?? 0;
        return {
          ...{ resource, needed: 0, total, used, held: 0 },
          free: total - used,
        };
      });
  }

  /** Keeps what is free, unless something is kept already for all that this one lacks. */
  #reserve(job: WaitingJob, spaces: readonly Space[]): void {
    const known = spaces.flatMap(({ holds }) =>
      holds.flatMap(({ lacking }) => lacking),
    );
    const [space] = spaces;
    const lacking = lackOf(job.demand, freeOf(space));
    if (lacking.some(resource => !known.includes(resource))) hold(job, space);
  }

  /** Stops as few as make room; false when that is not to be had. */
  #stopOthers(
    job: WaitingJob,
    queue: AdmissionQueue,
    spaces: readonly Space[],
  ): boolean {
    const isOwn =
      Object.keys(queue.quota).length > 0 &&
      this.#quotas.isOwn(queue, job.demand);
    const lowest = this.#lowest.get(job.queue) ?? Infinity;
    if (!isOwn && lowest >= job.priority) return false;
    for (const space of spaces) {
      const chosen = this.#choose(job, { queue, space, isOwn });
      if (!chosen) continue;
      for (const victim of chosen) this.#victims.set(victim.id, victim);
      this.#makingRoom.add(job.id);
      hold(job, space);
      return true;
    }
    return false;
  }

  #choose(
    job: WaitingJob,
    options: { queue: AdmissionQueue; space: Space; isOwn: boolean },
  ): Victim[] | undefined {
    const { queue, space, isOwn } = options;
    const candidates = this.#snapshot.running
      .filter(
        one =>
          this.#spaceOf(one) === space &&
          one.stoppingFor === undefined &&
          !this.#victims.has(one.id) &&
          ((one.queue === job.queue &&
            one.preemptible &&
            one.priority < job.priority) ||
            (isOwn && one.queue !== job.queue)),
      )
      .sort(
        (a, b) =>
          a.priority - b.priority ||
          (a.since < b.since ? 1 : Number(a.since === b.since) - 1) ||
          (a.id < b.id ? -1 : 1),
      );
    const taken: RunningJob[] = [];
    let freed: Record<string, number> = {};
    const lacks = () => [
      ...lackOf(job.demand, plusKnown(freeOf(space), freed)),
      ...this.#quotas.lacking(queue, job.demand).map(lack => lack.resource),
    ];
    for (const one of candidates) {
      const lacking = lacks();
      if (!lacking.length) break;
      const helps = lacking.filter(resource => (one.demand[resource] ?? 0) > 0);
      const isLoan = helps.some(
        resource =>
          queue.quota[resource] !== undefined &&
          this.#quotas.borrowed(one.queue, resource) > 0,
      );
      if (!helps.length || (one.queue !== job.queue && !isLoan)) continue;
      taken.push(one);
      freed = plus(freed, one.demand);
      this.#quotas.give(one.queue, one.demand);
    }
    const isEnough = !lacks().length;
    // Until they have ended they count as before.
    const kept = isEnough ? this.#without(job, { taken, queue, space }) : [];
    for (const one of taken) this.#quotas.take(one.queue, one.demand);
    if (!isEnough || !kept.length) return undefined;
    return kept.map(({ id, queue: of }) => ({
      ...{ id, for: job.id },
      why: of === job.queue ? 'Priority' : 'Reclaim',
    }));
  }

  /** Leaves those alone, the most important first, that need not be stopped after all. */
  #without(
    job: WaitingJob,
    options: { taken: RunningJob[]; queue: AdmissionQueue; space: Space },
  ): RunningJob[] {
    const { taken, queue, space } = options;
    let kept = [...taken];
    for (const one of [...taken].reverse()) {
      const fewer = kept.filter(other => other !== one);
      const freed = sumOf(fewer.map(({ demand }) => demand));
      this.#quotas.take(one.queue, one.demand);
      const isEnough =
        !lackOf(job.demand, plusKnown(freeOf(space), freed)).length &&
        !this.#quotas.lacking(queue, job.demand).length;
      if (isEnough) kept = fewer;
      else this.#quotas.give(one.queue, one.demand);
    }
    for (const one of taken)
      if (!kept.includes(one)) this.#quotas.give(one.queue, one.demand);
    return kept;
  }

  /** From what is left at the end, so that the figures of all agree. */
  #explain(): Map<string, WhyNot> {
    const known = new Map<string, WhyNot>();
    const whyNot = new Map<string, WhyNot>();
    for (const job of this.#snapshot.waiting) {
      if (this.#admitted.has(job.id)) continue;
      const hasOwn = (this.#spaces.get(job.runtime) ?? []).some(({ holds }) =>
        holds.some(one => one.job === job.id),
      );
      const kind = kindOf(job);
      const isAlone = hasOwn || this.#makingRoom.has(job.id);
      const why = (!isAlone && known.get(kind)) || this.#why(job);
      if (!isAlone) known.set(kind, why);
      whyNot.set(job.id, why);
    }
    return whyNot;
  }

  #why(job: WaitingJob): WhyNot {
    const queue = this.#quotas.find(job.queue);
    if (!queue) return { reason: 'QueueMissing', lacking: [] };
    if (queue.held) return { reason: 'QueueHeld', lacking: [] };
    const spaces = this.#spaces.get(job.runtime) ?? [];
    if (!spaces.length) return { reason: 'RuntimeMissing', lacking: [] };
    const fitting = spaces.filter(
      ({ room }) => !lackOf(job.demand, room.capacity).length,
    );
    if (!fitting.length) {
      const empty = { ...spaces[0], used: {}, holds: [] };
      return { reason: 'TooLarge', lacking: lacksIn(job, empty) };
    }
    const overMost = this.#overMost(job, queue);
    if (overMost.length) return { reason: 'TooLarge', lacking: overMost };
    const overPeriod = this.#overPeriod(job, queue);
    if (overPeriod.length)
      return { reason: 'PeriodQuotaUsed', lacking: overPeriod };
    const overQuota = this.#quotas.lacking(queue, job.demand);
    const lacking = lacksIn(job, fitting[0]);
    if (this.#makingRoom.has(job.id))
      return { reason: 'MakingRoom', lacking: [...lacking, ...overQuota] };
    if (overQuota.length) return { reason: 'QuotaUsed', lacking: overQuota };
    const isHeld = lacking.some(
      ({ needed, free, held }) => needed <= free + held,
    );
    const holder = fitting[0].holds.find(({ job: id }) => id !== job.id);
    return isHeld && holder
      ? { reason: 'Reserved', lacking, reservedFor: holder.job }
      : { reason: 'WaitsForResources', lacking };
  }

  #spaceOf({ runtime, place }: RunningJob): Space | undefined {
    return this.#spaces
      .get(runtime)
      ?.find(({ room }) => !room.place || !place || room.place === place);
  }
}

/**
 * Decides who starts, who is stopped for whom, and why every other one waits. The same snapshot gives the same answer.
 *
 * @remarks
 * Promised: no room and no queue takes more than it may. A job is stopped for one of a higher priority in its queue. It
 * is also stopped if its queue lives on a loan that is needed. Nothing stays free that a waiting job may take, unless it is kept.
 * A job that waits longer than `reserveAfterMs` and comes next gets its place: what is free is kept for it.
 */
export function decideAdmission(
  snapshot: AdmissionSnapshot,
): AdmissionDecision {
  return new Round(snapshot).decide();
}

/** What is the same of jobs that only their age tells apart. */
function kindOf(job: WaitingJob): string {
  let kind = `${job.queue} ${job.owner} ${job.runtime} ${job.priority}`;
  for (const resource in job.demand)
    if (Object.hasOwn(job.demand, resource))
      kind += ` ${resource} ${job.demand[resource]}`;
  return kind;
}

function hold(job: WaitingJob, space: Space): void {
  const free = freeOf(space);
  const amounts = Object.fromEntries(
    Object.keys(job.demand)
      .filter(resource => resource in free)
      .map(resource => [
        resource,
        Math.max(0, Math.min(free[resource], job.demand[resource])),
      ]),
  );
  space.holds.push({
    job: job.id,
    amounts,
    lacking: lackOf(job.demand, free),
  });
}

/** What a job may take that has no claim of its own, of the resources that the room counts. */
function freeOf({ room, used, holds }: Space): Record<string, number> {
  const free: Record<string, number> = {};
  for (const resource of Object.keys(room.capacity)) {
    free[resource] = room.capacity[resource] - (used[resource] ?? 0);
    for (const { amounts } of holds) free[resource] -= amounts[resource] ?? 0;
  }
  return free;
}

function plusKnown(free: Amounts, freed: Amounts): Amounts {
  return Object.fromEntries(
    Object.keys(free).map(key => [key, free[key] + (freed[key] ?? 0)]),
  );
}

function lacksIn(job: WaitingJob, space: Space): Lack[] {
  const others = space.holds.filter(one => one.job !== job.id);
  const free = freeOf({ ...space, holds: others });
  return lackOf(job.demand, free).map(resource => ({
    resource,
    needed: job.demand[resource],
    total: space.room.capacity[resource],
    used: space.used[resource] ?? 0,
    held: others.reduce(
      (sum, { amounts }) => sum + (amounts[resource] ?? 0),
      0,
    ),
    free: free[resource],
  }));
}
