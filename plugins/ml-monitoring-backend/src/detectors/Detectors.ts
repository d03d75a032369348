import type { Detector } from '@downstage/plugin-ml-monitoring-node';

/** The detectors that are installed, by kind. */
export class Detectors {
  readonly #byKind = new Map<string, Detector>();

  constructor(detectors: readonly Detector[] = []) {
    for (const detector of detectors) this.add(detector);
  }

  /** @throws Error when there is one of this kind, or the kind is no word of lower case letters */
  add(detector: Detector): void {
    const { kind } = detector;
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(kind) || kind === 'all') {
      throw new Error(
        `'${kind}' is no kind of a detector; expected lower case letters, digits and dashes, and not 'all'`,
      );
    }
    if (this.#byKind.has(kind)) {
      throw new Error(`Two detectors have the kind '${kind}'`);
    }
    this.#byKind.set(kind, detector);
  }

  get kinds(): string[] {
    return [...this.#byKind.keys()];
  }

  all(): Detector[] {
    return [...this.#byKind.values()];
  }

  get(kind: string): Detector | undefined {
    return this.#byKind.get(kind);
  }
}
