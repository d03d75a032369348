/** A look counts for no more than this: a portal whose machine slept has not watched meanwhile. */
const mostOfLookMs = 30_000;

type Silence = { sign: string | undefined; ms: number };

/**
 * How long places have been silent, as this portal has watched them.
 *
 * @remarks
 * Signs are compared with what they were at the last look, and never with the clock: machines may not agree about the
 * time. A portal that has just started has seen no silence yet. So all portals may be off for an hour, and nothing is lost.
 */
export class PlaceWatch {
  readonly #lostAfterMs: number;
  #silences = new Map<string, Silence>();
  #lastLook?: number;

  constructor(options: { lostAfterMs: number }) {
    this.#lostAfterMs = options.lostAfterMs;
  }

  /**
   * One look at all places that count.
   *
   * @param signs - by place, the last sign of life that it wrote; undefined where there is none
   * @returns the places that have been silent for too long
   */
  look(signs: ReadonlyMap<string, string | undefined>, now: Date): string[] {
    const passed = now.getTime() - (this.#lastLook ?? now.getTime());
    const counts = Math.min(Math.max(0, passed), mostOfLookMs);
    this.#lastLook = now.getTime();
    const before = this.#silences;
    this.#silences = new Map(
      [...signs].map(([place, sign]) => {
        const known = before.get(place);
        const ms = known && known.sign === sign ? known.ms + counts : 0;
        return [place, { sign, ms }];
      }),
    );
    return [...this.#silences]
      .filter(([, { ms }]) => ms >= this.#lostAfterMs)
      .map(([place]) => place);
  }
}
