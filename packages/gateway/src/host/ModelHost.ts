import { availableParallelism } from 'node:os';
import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import type {
  GatewayDesiredState,
  GatewayEndpoint,
  GatewayStatus,
} from '@downstage/plugin-ml-serving-common';
import type { ProcessLimits } from '../inference/ModelProcess';
import { HostedVersion, type Later } from './HostedVersion';
import { LoadSlots } from './LoadSlots';

type Hosted = {
  spec: GatewayEndpoint;
  versions: Map<number, HostedVersion>;
  /** The version that answers; the one field a switch changes. */
  active: number | undefined;
  /** The version that answered before the process started; a way out when the wanted one no longer loads. */
  last: number | undefined;
};

/** A version that can answer right now, and whose it is. */
export type Served = { endpoint: GatewayEndpoint; version: HostedVersion };

/** When the gateway stops, whoever still waits has been waited for already. */
const stopGraceMs = 1_000;

/** A load that takes longer than this lets the next one begin. */
const loadPatienceMs = 2_000;

const laterInTime: Later = (ms, work) => {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/**
 * Brings what is loaded to the wish, and says who answers.
 *
 * @remarks
 * A switch is one assignment: requests before it go to the old version, requests after it to the new one, and none
 * waits, because the new one was loaded and warmed up in a process of its own. Loads run side by side, the versions
 * that are to answer before those that are kept for a way back. When the version that answers is lost, another loaded
 * one stands in until it is back.
 */
export class ModelHost {
  readonly #endpoints = new Map<string, Hosted>();
  readonly #onServing: (serving: Record<string, number>) => void;
  readonly #limits: ProcessLimits;
  readonly #later: Later;
  readonly #slots = new LoadSlots({
    limit: Math.max(availableParallelism(), 2),
    patienceMs: loadPatienceMs,
  });
  /** Endpoints of the first wish that are neither answering nor given up; empty for good after the start. */
  #starting = new Set<string>();

  constructor(options: {
    /** Told after each switch which version of each endpoint answers. */
    onServing: (serving: Record<string, number>) => void;
    limits: ProcessLimits;
    later?: Later;
  }) {
    this.#onServing = options.onServing;
    this.#limits = options.limits;
    this.#later = options.later ?? laterInTime;
  }

  /**
   * Takes the wish that was kept on disk. The server is not ready until each endpoint of it answers or has failed
   * once, for at most `patienceMs`: one model that hangs is not the others' trouble.
   */
  resume(
    desired: GatewayDesiredState,
    options: { last: Record<string, number>; patienceMs: number },
  ): void {
    this.#starting = new Set(desired.endpoints.map(item => item.endpoint));
    this.#later(options.patienceMs, () => this.#starting.clear());
    this.apply(desired, options.last);
  }

  /** Takes the whole wish. Returns at once; loads go on behind. What has failed is tried again in its own time. */
  apply(desired: GatewayDesiredState, last: Record<string, number> = {}): void {
    const wanted = new Set(desired.endpoints.map(item => item.endpoint));
    for (const [name, hosted] of this.#endpoints) {
      if (wanted.has(name)) continue;
      this.#endpoints.delete(name);
      this.#starting.delete(name);
      for (const version of hosted.versions.values()) version.retire();
    }
    for (const spec of desired.endpoints) {
      const hosted: Hosted = this.#endpoints.get(spec.endpoint) ?? {
        spec,
        versions: new Map(),
        active: undefined,
        last: last[spec.endpoint],
      };
      hosted.spec = spec;
      this.#endpoints.set(spec.endpoint, hosted);
      this.#loadMissing(hosted);
      this.#settle(hosted);
    }
  }

  has(name: string): boolean {
    return this.#endpoints.has(name);
  }

  /** The version that answers, or the one asked for when it is loaded. */
  find(name: string, version?: string): Served {
    const hosted = this.#endpoints.get(name);
    if (!hosted) {
      throw new NotFoundError(
        // Names no other: they may be hidden from whoever asks.
        `There is no model '${name.slice(
          0,
          200,
        )}' here, or none that you may see`,
      );
    }
    if (version !== undefined && !/^[1-9]\d{0,14}$/.test(version)) {
      throw new NotFoundError(
        `'${version.slice(
          0,
          40,
        )}' is no version of model '${name}'; loaded are: ${this.versionsOf(
          name,
        ).join(', ')}`,
      );
    }
    const number = version === undefined ? hosted.active : Number(version);
    const found =
      number === undefined ? undefined : hosted.versions.get(number);
    if (!found && version !== undefined) {
      throw new NotFoundError(
        `Model '${name}' has no loaded version '${version}'; loaded are: ${this.versionsOf(
          name,
        ).join(', ')}`,
      );
    }
    if (!found?.process) {
      throw new ServiceUnavailableError(
        `Model '${name}' is not ready: ${[...hosted.versions.values()]
          .map(
            ({ status }) =>
              `version ${status.version} is ${status.state}${
                status.message ? ` (${status.message})` : ''
              }`,
          )
          .join('; ')}`,
      );
    }
    return { endpoint: hosted.spec, version: found };
  }

  names(): string[] {
    return [...this.#endpoints.keys()];
  }

  /** Versions that can be asked for, as strings, oldest first. */
  versionsOf(name: string): string[] {
    return this.loaded(name)
      .filter(version => version.state === 'ready')
      .map(version => String(version.spec.version));
  }

  /** Every version of a model in any state, oldest first. */
  loaded(name: string): HostedVersion[] {
    return [...(this.#endpoints.get(name)?.versions.values() ?? [])].sort(
      (a, b) => a.spec.version - b.spec.version,
    );
  }

  /** Whether the start is over. After that a model that is not ready says so itself, under its own address. */
  get ready(): boolean {
    return this.#starting.size === 0;
  }

  get status(): GatewayStatus['endpoints'] {
    return [...this.#endpoints.values()].map(({ spec, active, versions }) => ({
      endpoint: spec.endpoint,
      wanted: spec.active,
      ...(active !== undefined && { active }),
      versions: [...versions.values()].map(version => version.status),
    }));
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    const all = [...this.#endpoints.values()].flatMap(hosted => [
      ...hosted.versions.values(),
    ]);
    this.#endpoints.clear();
    await Promise.all(all.map(version => version.retire(stopGraceMs)));
  }

  #loadMissing(hosted: Hosted) {
    for (const spec of hosted.spec.versions) {
      const found = hosted.versions.get(spec.version);
      const same =
        found?.spec.sha256 === spec.sha256 &&
        found.spec.path === spec.path &&
        JSON.stringify(found.spec.features) === JSON.stringify(spec.features);
      if (found && same) continue;
      // Something else under the number that answers: refused, a version never changes.
      if (found && hosted.active === spec.version && found.process) continue;
      found?.retire();
      const version: HostedVersion = new HostedVersion(spec, {
        onChange: () => {
          if (hosted.versions.get(spec.version) === version) {
            this.#settle(hosted);
          }
        },
        limits: this.#limits,
        slots: this.#slots,
        order: () => (hosted.spec.active === spec.version ? 0 : 1),
        later: this.#later,
      });
      hosted.versions.set(spec.version, version);
      version.start();
    }
  }

  #settle(hosted: Hosted) {
    const { spec, versions } = hosted;
    const before = hosted.active;
    const wanted = versions.get(spec.active);
    const isReady = (number: number | undefined): number | undefined =>
      number !== undefined && versions.get(number)?.process
        ? number
        : undefined;
    if (wanted?.process) hosted.active = spec.active;
    else if (isReady(before) === undefined) {
      // Nobody answers. A version that is only loading is waited for; one in trouble is stood in for.
      hosted.active = wanted?.troubled
        ? isReady(hosted.last) ??
          [...versions.keys()].sort((a, b) => b - a).find(isReady)
        : undefined;
    }
    if (hosted.active !== undefined) hosted.last = hosted.active;
    if (hosted.active !== undefined || wanted?.troubled) {
      this.#starting.delete(spec.endpoint);
    }
    const kept = new Set(spec.versions.map(version => version.version));
    for (const [number, version] of versions) {
      if (kept.has(number) || number === hosted.active) continue;
      versions.delete(number);
      version.retire();
    }
    if (hosted.active !== before && hosted.active !== undefined) {
      this.#onServing(this.#serving());
    }
  }

  #serving(): Record<string, number> {
    const serving: Record<string, number> = {};
    for (const [name, { active, last }] of this.#endpoints) {
      const answered = active ?? last;
      if (answered !== undefined) serving[name] = answered;
    }
    return serving;
  }
}
