import type { Clock } from '@downstage/common';
import { decideAdmission } from '../domain/admission/decideAdmission';
import { addTo } from '../domain/admission/amounts';
import type { Demand } from '../domain/admission/demandOf';
import { keyOf } from '../domain/admission/fairOrder';
import {
  usualAdmission,
  type AdmissionOptions,
} from '../domain/admission/queueOptions';
import type {
  AdmissionDecision,
  AdmissionSnapshot,
  Room,
} from '../domain/admission/snapshot';

/** A job as admission sees it. */
export type PlannedJob = {
  id: string;
  owner: string;
  queue: string;
  runtime: string;
  place?: string;
  /** Name of its class. */
  priority: string;
  demand: Demand;
  createdAt: string;
  admittedAt?: string;
  /** The job it is stopped for, or was. */
  preemptedFor?: string;
};

/** What the database knows for a decision. */
export type AdmissionFacts = {
  running: readonly PlannedJob[];
  turns: ReadonlyMap<string, string>;
  /** What ended attempts have used in this month. */
  spent: AdmissionSnapshot['spent'];
};

/** Queues and classes of the configuration, and what runtimes have: the rest of what a decision depends on. */
export class Admission {
  readonly options: AdmissionOptions;
  readonly #clock: Clock;
  readonly #rooms: () => Promise<Room[]>;

  constructor(options: {
    /** One queue without limits unless given. */
    admission?: AdmissionOptions;
    clock: Clock;
    /** What all portals have, as they have told. */
    rooms?: () => Promise<Room[]>;
  }) {
    this.options = options.admission ?? usualAdmission;
    this.#clock = options.clock;
    this.#rooms = options.rooms ?? (async () => []);
  }

  rooms(): Promise<Room[]> {
    return this.#rooms();
  }

  /** Since when use counts; undefined where no queue has a quota of the month. */
  countsSince(): string | undefined {
    if (!this.options.queues.some(({ period }) => Object.keys(period).length))
      return undefined;
    return this.monthStart();
  }

  /** The first moment of this month, in UTC. */
  monthStart(): string {
    const now = this.#clock();
    return new Date(
      Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1),
    ).toISOString();
  }

  decide(
    facts: AdmissionFacts & { waiting: readonly PlannedJob[] },
    rooms: readonly Room[],
  ): AdmissionDecision {
    const { queues, priorities, reserveAfterMs } = this.options;
    const now = this.#clock();
    const valueOf = ({ priority }: PlannedJob) =>
      priorities[priority]?.value ?? 0;
    return decideAdmission({
      ...{ now: now.toISOString(), rooms, queues, reserveAfterMs },
      turns: facts.turns,
      spent: this.spentBy(facts),
      running: facts.running.map(({ preemptedFor, ...job }) => ({
        ...job,
        priority: valueOf(job),
        since: job.admittedAt ?? job.createdAt,
        preemptible: priorities[job.priority]?.preemptible ?? false,
        ...(preemptedFor && { stoppingFor: preemptedFor }),
      })),
      waiting: facts.waiting.map(({ preemptedFor, ...job }) => ({
        ...job,
        priority: valueOf(job),
        ...(preemptedFor && { stoppedFor: preemptedFor }),
      })),
    });
  }

  /** What ended attempts have used, and what those that run have so far, in hours. */
  spentBy({
    spent,
    running,
  }: Pick<AdmissionFacts, 'spent' | 'running'>): AdmissionSnapshot['spent'] {
    const since = this.countsSince();
    if (since === undefined) return [];
    const all = new Map<
      string,
      { queue: string; owner: string; used: Record<string, number> }
    >();
    const add = (
      queue: string,
      owner: string,
      used: Record<string, number>,
    ) => {
      const key = keyOf(queue, owner);
      const sum = all.get(key)?.used ?? {};
      addTo(sum, used);
      all.set(key, { queue, owner, used: sum });
    };
    for (const { queue, owner, used } of spent) add(queue, owner, used);
    const now = this.#clock().getTime();
    for (const { queue, owner, demand, admittedAt } of running) {
      if (admittedAt === undefined) continue;
      const from = Math.max(Date.parse(admittedAt), Date.parse(since));
      const hours = Math.max(0, now - from) / 3_600_000;
      add(queue, owner, {
        cpuHours: demand.cpu * hours,
        gpuHours: demand.gpus * hours,
      });
    }
    return [...all.values()];
  }
}
