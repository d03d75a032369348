import type { Clock } from '@downstage/common';
import type { GatewayLimit } from '@downstage/plugin-ml-serving-common';
import { TooManyRequestsError } from './errors';

const mostKept = 20_000;

type Meter = { tokens: number; at: number; running: number };

/**
 * Counts requests by key: a bucket that fills over time, and how many are under way.
 *
 * @remarks
 * Keys come from callers, so their number is bounded: the one that was quiet longest is forgotten, unless it has
 * requests under way.
 */
export class Limits {
  readonly #clock: Clock;
  readonly #meters = new Map<string, Meter>();

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock;
  }

  /**
   * Takes one request of a key.
   *
   * @returns what to call when it has been answered; safe to call twice
   * @throws TooManyRequestsError
   */
  take(key: string, limit: GatewayLimit, what: string): () => void {
    const { perSecond, concurrent } = limit;
    if (perSecond === undefined && concurrent === undefined) return () => {};
    const meter = this.#meter(key, limit);
    if (concurrent !== undefined && meter.running >= concurrent) {
      throw new TooManyRequestsError(
        `${what} has ${meter.running} requests under way; at most ${concurrent} may be at a time`,
        1,
      );
    }
    if (perSecond !== undefined) {
      if (meter.tokens < 1) {
        throw new TooManyRequestsError(
          `${what} has used up its ${perSecond} requests a second`,
          (1 - meter.tokens) / perSecond,
        );
      }
      meter.tokens -= 1;
    }
    meter.running += 1;
    let ended = false;
    return () => {
      if (!ended) meter.running -= 1;
      ended = true;
    };
  }

  #meter(key: string, limit: GatewayLimit): Meter {
    const { perSecond = 0, burst = Math.ceil(perSecond * 2) } = limit;
    const now = this.#clock().getTime();
    const found = this.#meters.get(key);
    const meter = found ?? { tokens: burst, at: now, running: 0 };
    const passed = Math.max(0, now - meter.at) / 1000;
    meter.tokens = Math.min(burst, meter.tokens + passed * perSecond);
    meter.at = now;
    this.#meters.delete(key);
    this.#meters.set(key, meter);
    if (!found) this.#forgetQuiet();
    return meter;
  }

  #forgetQuiet() {
    let looked = 0;
    for (const [key, { running }] of this.#meters) {
      looked += 1;
      if (this.#meters.size <= mostKept || looked > 100) return;
      if (running === 0) this.#meters.delete(key);
    }
  }
}
