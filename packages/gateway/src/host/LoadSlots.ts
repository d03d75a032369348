type Job = { order: number; work: () => Promise<void> };

/**
 * Lets a few loads run at a time, the urgent ones first.
 *
 * @remarks
 * This bounds the burst of work at a start, and nothing else. A load that takes long gives its place away and goes on.
 * So a model that hangs delays no other.
 */
export class LoadSlots {
  readonly #limit: number;
  readonly #patienceMs: number;
  readonly #waiting: Job[] = [];
  #running = 0;

  constructor(options: { limit: number; patienceMs: number }) {
    this.#limit = options.limit;
    this.#patienceMs = options.patienceMs;
  }

  /** @param order - lower goes first */
  add(order: number, work: () => Promise<void>): void {
    const index = this.#waiting.findIndex(job => job.order > order);
    const job = { order, work };
    if (index === -1) this.#waiting.push(job);
    else this.#waiting.splice(index, 0, job);
    this.#next();
  }

  #next() {
    while (this.#running < this.#limit) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#running += 1;
      let held = true;
      const leave = () => {
        if (!held) return;
        held = false;
        this.#running -= 1;
        this.#next();
      };
      const timer = setTimeout(leave, this.#patienceMs);
      job.work().finally(() => {
        clearTimeout(timer);
        leave();
      });
    }
  }
}
