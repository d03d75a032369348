/** The catalog publishes an entity only after it was processed: the word goes out so much later. */
const laterMs = 5_000;
const gatherMs = 1_000;
/** Refs in one event; what an event carries is stored and handed to every portal. */
const mostAtOnce = 500;

/**
 * Gathers models whose entity changed, and publishes them together: an import of twenty thousand models makes some
 * hundred events and not one for each.
 */
export class ChangedModels {
  readonly #publish: (modelRefs: string[]) => void;
  #gathered: Set<string> | undefined;

  constructor(options: { publish: (modelRefs: string[]) => void }) {
    this.#publish = options.publish;
  }

  /** Told some seconds after the last one of the same event was added. */
  add(modelRef: string): void {
    if (!this.#gathered) {
      const gathered = new Set<string>();
      this.#gathered = gathered;
      setTimeout(() => this.#close(gathered), gatherMs).unref();
    }
    this.#gathered.add(modelRef);
    if (this.#gathered.size === mostAtOnce) this.#close(this.#gathered);
  }

  #close(refs: Set<string>): void {
    // A full one was closed before its time.
    if (this.#gathered !== refs) return;
    this.#gathered = undefined;
    setTimeout(() => this.#publish([...refs]), laterMs).unref();
  }
}
