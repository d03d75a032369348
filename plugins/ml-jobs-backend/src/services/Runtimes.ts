import { InputError } from '@backstage/errors';
import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import {
  hasFeatures,
  placeOf,
  type JobRuntime,
} from '@downstage/plugin-ml-jobs-node';
import { decideHonoured, type Honoured } from '../domain/decideHonoured';
import type { LiveRuntime } from '../stores/RuntimeStore';
import { inTime, type TimeLimit } from './inTime';

/** A runtime that needs longer to answer is taken for one that hangs. */
const answerMs = 30_000;
/** Portals tell each other every few seconds how many slots there are, and count as gone after twenty. */
const capacityMs = 5_000;

/** The runtimes that are installed, and which one new jobs go to. */
export class Runtimes {
  readonly #byId = new Map<string, JobRuntime>();
  readonly #readers = new Map<string, JobRuntime>();
  readonly #preferred?: string;
  readonly #usual?: string;
  readonly #timeLimit?: TimeLimit;

  constructor(
    options: {
      /** That of the configuration. */
      preferred?: string;
      /** Of those that are on, the one that is taken where the configuration names none; else the first. */
      usual?: string;
      /** When a runtime that was asked counts as one that does not answer. */
      timeLimit?: TimeLimit;
    } = {},
  ) {
    this.#preferred = options.preferred;
    this.#usual = options.usual;
    this.#timeLimit = options.timeLimit;
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

  /** What the runtime does with the demands of a definition; undefined where another portal has it, which asks again. */
  honours(id: string, definition: JobDefinition): Honoured | undefined {
    const runtime = this.#byId.get(id);
    return (
      runtime &&
      decideHonoured(definition, {
        features: hasFeatures(runtime) ? runtime.features : undefined,
      })
    );
  }

  all(): JobRuntime[] {
    return [...this.#byId.values()];
  }

  /**
   * What a runtime answers. All jobs share one loop, so one that hangs is not waited for.
   *
   * @throws ServiceUnavailableError where it does not answer in time
   */
  ask<T>(
    { id }: JobRuntime,
    question: (signal: AbortSignal) => Promise<T>,
    ms = answerMs,
  ): Promise<T> {
    const whose = `The job runtime '${id}'`;
    return inTime(question, { ms, whose, timeLimit: this.#timeLimit });
  }

  /**
   * How many attempts a runtime runs at once, and what else it has, by resource.
   *
   * @throws ServiceUnavailableError where it does not answer in time
   */
  async capacity(
    runtime: JobRuntime,
  ): Promise<{ slots: number } & Record<string, number>> {
    const ask = () => runtime.capacity();
    const { slots, resources } = await this.ask(runtime, ask, capacityMs);
    return { slots, ...resources };
  }

  /**
   * Where a job goes that names its runtime; it may be another portal that has it.
   *
   * @throws InputError for a runtime that no running portal has
   */
  named(id: string, live: readonly LiveRuntime[]): string {
    const known = this.#known(live);
    if (known.includes(id)) return id;
    throw new InputError(
      `There is no job runtime '${id}'; those that are on: ${
        known.join(', ') || 'none'
      }`,
    );
  }

  #known(live: readonly LiveRuntime[]): string[] {
    return [
      ...new Set([...this.#byId.keys(), ...live.map(({ runtime }) => runtime)]),
    ];
  }

  /** Where a job may go that names no runtime, in order; of these only, where any are named. */
  candidates(
    live: readonly LiveRuntime[],
    order: readonly string[] = [],
  ): string[] {
    const first = this.default(live, order);
    if (first === undefined) return [];
    const known = this.#known(live);
    const others = order.length
      ? order.filter(id => known.includes(id))
      : known;
    return [...new Set([first, ...others])];
  }

  /** Where jobs go that name no runtime: the configured one, else the usual one, else the first; another portal may have it. */
  default(
    live: readonly LiveRuntime[] = [],
    /** Of these, the first that is on, where any are named. */
    order: readonly string[] = [],
  ): string | undefined {
    const known = this.#known(live);
    if (order.length) return order.find(id => known.includes(id));
    if (!this.#preferred || !known.length) {
      return known.find(id => id === this.#usual) ?? known[0];
    }
    if (known.includes(this.#preferred)) return this.#preferred;
    throw new InputError(
      `mlJobs.runtime is '${
        this.#preferred
      }', which is not installed; installed: ${known.join(', ') || 'none'}`,
    );
  }
}
