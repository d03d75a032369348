import type { Clock } from '@downstage/common';
import type { TrafficBucket } from '@downstage/plugin-ml-serving-common';

const minuteMs = 60_000;
const keptMinutes = 24 * 60;
/** Latency classes grow by 10 %: from 0.01 ms to about 5 minutes in 180 classes. */
const growth = 1.1;
const smallest = 0.01;
const classes = 180;

/** Upper ends of the buckets that Prometheus gets, in seconds. */
export const histogramBounds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10, 30,
];

type Minute = {
  minute: number;
  count: number;
  errors: number;
  latencies: Uint32Array;
};

export type Totals = {
  /** Requests by status. */
  byStatus: Map<number, number>;
  seconds: number;
  /** One count for each bound, and one for what is above all. Not cumulative. */
  histogram: number[];
};

/** Requests, errors and latencies by endpoint and minute, in memory, for one day. */
export class Traffic {
  readonly #clock: Clock;
  readonly #minutes = new Map<string, Minute[]>();
  readonly #totals = new Map<string, Totals>();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  record(endpoint: string, latencyMs: number, status: number): void {
    const minute = this.#current(endpoint);
    minute.count += 1;
    if (status >= 400) minute.errors += 1;
    minute.latencies[classOf(latencyMs)] += 1;
    let totals = this.#totals.get(endpoint);
    if (!totals) {
      totals = {
        byStatus: new Map(),
        seconds: 0,
        histogram: new Array(histogramBounds.length + 1).fill(0),
      };
      this.#totals.set(endpoint, totals);
    }
    totals.byStatus.set(status, (totals.byStatus.get(status) ?? 0) + 1);
    const seconds = latencyMs / 1000;
    totals.seconds += seconds;
    const bound = histogramBounds.findIndex(limit => seconds <= limit);
    totals.histogram[bound === -1 ? histogramBounds.length : bound] += 1;
  }

  totals(): ReadonlyMap<string, Totals> {
    return this.#totals;
  }

  /** Forgets endpoints that are no more. */
  keepOnly(names: readonly string[]): void {
    const kept = new Set(names);
    for (const name of this.#minutes.keys()) {
      if (kept.has(name)) continue;
      this.#minutes.delete(name);
      this.#totals.delete(name);
    }
  }

  /** The last minutes, oldest first, quiet ones included. */
  buckets(endpoint: string, minutes: number): TrafficBucket[] {
    const now = Math.floor(this.#clock().getTime() / minuteMs);
    const byMinute = new Map(
      this.#minutes.get(endpoint)?.map(item => [item.minute, item]),
    );
    return Array.from({ length: minutes }, (_, index) => {
      const minute = now - minutes + 1 + index;
      const found = byMinute.get(minute);
      return {
        at: new Date(minute * minuteMs).toISOString(),
        count: found?.count ?? 0,
        errors: found?.errors ?? 0,
        ...(found && {
          p50: quantile(found, 0.5),
          p99: quantile(found, 0.99),
        }),
      };
    });
  }

  #current(endpoint: string): Minute {
    const number = Math.floor(this.#clock().getTime() / minuteMs);
    let list = this.#minutes.get(endpoint);
    if (!list) {
      list = [];
      this.#minutes.set(endpoint, list);
    }
    const last = list.at(-1);
    if (last?.minute === number) return last;
    const minute = {
      minute: number,
      count: 0,
      errors: 0,
      latencies: new Uint32Array(classes),
    };
    list.push(minute);
    while (list[0].minute <= number - keptMinutes) list.shift();
    return minute;
  }
}

function classOf(latencyMs: number): number {
  const index = Math.ceil(
    Math.log(Math.max(latencyMs, smallest) / smallest) / Math.log(growth),
  );
  return Math.min(index, classes - 1);
}

/** The upper end of the class in which the quantile lies: never more than 10 % too high, never too low. */
function quantile(minute: Minute, q: number): number {
  const rank = Math.ceil(q * minute.count);
  let seen = 0;
  for (let index = 0; index < classes; index++) {
    seen += minute.latencies[index];
    if (seen >= rank)
      return Number((smallest * growth ** index).toPrecision(4));
  }
  return 0;
}
