import { InputError } from '@backstage/errors';
import type { JobRuntime } from '@downstage/plugin-ml-jobs-node';

/** The runtimes that are installed, and which one new jobs go to. */
export class Runtimes {
  readonly #byId = new Map<string, JobRuntime>();
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

  find(id: string): JobRuntime | undefined {
    return this.#byId.get(id);
  }

  all(): JobRuntime[] {
    return [...this.#byId.values()];
  }

  /** Where new jobs go: the configured one, else the first. */
  default(): JobRuntime | undefined {
    if (!this.#preferred) return this.all()[0];
    const runtime = this.find(this.#preferred);
    if (runtime) return runtime;
    throw new InputError(
      `mlJobs.runtime is '${
        this.#preferred
      }', which is not installed; installed: ${
        [...this.#byId.keys()].join(', ') || 'none'
      }`,
    );
  }
}
