import type { Clock } from '@downstage/common';

type Entry<T> = {
  asked: number;
  until: number;
  answer: Promise<T>;
  isThere?: boolean;
  /** The next answer, while this one counts still. */
  renewal?: Entry<T>;
};

/**
 * Keeps answers for a short while, where many small requests would ask the same.
 *
 * @remarks
 * A change counts that much later, on each replica by itself. Requests that come at once wait for one answer. Memory is
 * bounded: the answer that was asked for first goes first. One that counts no more goes when the next one is kept. The
 * key is a hash where the answers are about secrets. An answer that takes long can be asked for again while the last one
 * counts. So a caller that asks all the time never waits. No answer counts longer for it.
 *
 * @example
 * ```ts
 * const kept = new KeptAnswers<string[]>({ clock, keptMs: 2_000, most: 1_000 });
 * const groups = await kept.get(caller.actor, () => groupsOf(caller));
 * ```
 */
export class KeptAnswers<T> {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #most: number;
  readonly #keptMsOf: (answer: T) => number;
  readonly #keepsError: (error: unknown) => boolean;
  readonly #renewMs: number;
  readonly #kept = new Map<string, Entry<T>>();

  constructor(options: {
    clock: Clock;
    /** How long an answer counts, from when it was asked for. */
    keptMs: number;
    /** How many answers are kept. */
    most: number;
    /** An answer that counts no longer than this is asked for again when somebody wants it. */
    renewMs?: number;
    /** For answers that count for another while. */
    keptMsOf?: (answer: T) => number;
    /** Which errors are answers too; a failure to answer is none, and the next request asks again. */
    keepsError?: (error: unknown) => boolean;
  }) {
    this.#clock = options.clock;
    this.#keptMs = options.keptMs;
    this.#most = options.most;
    this.#renewMs = options.renewMs ?? 0;
    this.#keptMsOf = options.keptMsOf ?? (() => options.keptMs);
    this.#keepsError = options.keepsError ?? (() => false);
  }

  async get(key: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock().getTime();
    const kept = this.#kept.get(key);
    if (kept && kept.until > now) {
      if (kept.isThere && !kept.renewal && kept.until - now <= this.#renewMs) {
        kept.renewal = this.#ask(ask, now);
        // An error is told to the next caller after the kept answer has ended.
        this.#settle(key, kept.renewal).catch(() => {
          kept.renewal = undefined;
        });
      }
      return kept.answer;
    }
    const renewal = kept?.renewal;
    const entry =
      renewal && renewal.until > now ? renewal : this.#ask(ask, now);
    this.#keep(key, entry, now);
    return this.#settle(key, entry);
  }

  #ask(ask: () => Promise<T>, now: number): Entry<T> {
    return { asked: now, until: now + this.#keptMs, answer: ask() };
  }

  /** Waits for the answer, and keeps it as long as it counts. */
  async #settle(key: string, entry: Entry<T>): Promise<T> {
    try {
      const answer = await entry.answer;
      entry.isThere = true;
      entry.until = entry.asked + this.#keptMsOf(answer);
      if (this.#kept.get(key)?.renewal === entry) {
        this.#keep(key, entry, entry.asked);
      }
      return answer;
    } catch (error) {
      if (!this.#keepsError(error) && this.#kept.get(key) === entry) {
        this.#kept.delete(key);
      }
      throw error;
    }
  }

  /** How many answers are held in memory. */
  get size(): number {
    return this.#kept.size;
  }

  clear(): void {
    this.#kept.clear();
  }

  #keep(key: string, entry: Entry<T>, now: number) {
    // To the end of the order, where the newest are.
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    for (const [oldest, { until, renewal }] of this.#kept) {
      const counts = Math.max(until, renewal?.until ?? 0) > now;
      if (counts && this.#kept.size <= this.#most) break;
      this.#kept.delete(oldest);
    }
  }
}
