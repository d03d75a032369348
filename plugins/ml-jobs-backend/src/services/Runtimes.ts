import { InputError } from '@backstage/errors';
import { placeOf, type JobRuntime } from '@downstage/plugin-ml-jobs-node';
import type { LiveRuntime } from '../stores/RuntimeStore';

/** The runtimes that are installed, and which one new jobs go to. */
export class Runtimes {
  readonly #byId = new Map<string, JobRuntime>();
  readonly #readers = new Map<string, JobRuntime>();
  readonly #preferred?: string;

  constructor(options: { preferred?: string } = {}) {
    this.#preferred = options.preferred;
  }

  add(runtime: JobRuntime): void {
    if (this.#byId.has(runtime.id)) {
      throw new InputError(
        `There are two job runtimes '${runtime.id}'; each id may be installed once`,
      );
    }
    this.#byId.set(runtime.id, runtime);
  }

  /** A runtime that another portal runs, and of which this one can read the logs. */
  addReader(runtime: JobRuntime): void {
    this.#readers.set(runtime.id, runtime);
  }

  find(id: string): JobRuntime | undefined {
    return this.#byId.get(id);
  }

  /** The runtime that has the logs of a place; any place for a runtime that has none. */
  reader(id: string, place: string | undefined): JobRuntime | undefined {
    return [this.#byId.get(id), this.#readers.get(id)].find(runtime => {
      const own = runtime && placeOf(runtime);
      return runtime && (!own || !place || own === place);
    });
  }

  all(): JobRuntime[] {
    return [...this.#byId.values()];
  }

  /** Where new jobs go: the configured one, else the first; it may be another portal that has it. */
  default(live: readonly LiveRuntime[] = []): string | undefined {
    const known = [...this.#byId.keys(), ...live.map(({ runtime }) => runtime)];
    if (!this.#preferred || !known.length) return known[0];
    if (known.includes(this.#preferred)) return this.#preferred;
    throw new InputError(
      `mlJobs.runtime is '${
        this.#preferred
      }', which is not installed; installed: ${known.join(', ') || 'none'}`,
    );
  }
}
