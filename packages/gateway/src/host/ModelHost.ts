import { availableParallelism } from 'node:os';
import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import {
  leadingVariant,
  type GatewayDesiredState,
  type GatewayEndpoint,
  type GatewayStatus,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import { Launcher } from '../processes/Launcher';
import type { ProcessLimits } from '../inference/ModelProcess';
import { Priorities } from '../processes/Priorities';
import { HostedVersion, type Later } from './HostedVersion';
import { LoadSlots } from './LoadSlots';
import { shareOf, type Share } from './shares';

type Hosted = {
  spec: GatewayEndpoint;
  versions: Map<number, HostedVersion>;
  /** The variant with the largest share: its version is the one that a change waits for. */
  leading: ServedVariant;
  /** The version that answers for it. */
  active: number | undefined;
  /** Who answers which share of the requests; replaced as a whole. */
  shares: Share[];
  /** The version that answered before the process started; a way out when the wanted one no longer loads. */
  last: number | undefined;
};

/** A version that can answer right now, and whose it is. */
export type Served = {
  endpoint: GatewayEndpoint;
  /** The part of the endpoint that answers, by name. */
  variant: string;
  version: HostedVersion;
};

/** The gateway has waited for open requests already when it stops models. */
const stopGraceMs = 1_000;

/** A load that takes longer than this lets the next one begin. */
const loadPatienceMs = 2_000;

const laterInTime: Later = (ms, work) => {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/**
 * Brings what is loaded to the desired state, and says who answers.
 *
 * @remarks
 * A switch is one assignment. Requests before it go to the old version, and requests after it to the new one. No
 * request waits, because the new version was loaded and warmed up in a process of its own. Loads run side by side, the
 * versions that are to answer before those that are kept for a way back. When the version that answers is lost, another
 * loaded one stands in until it is back. Several variants divide the requests by weight; while the version of one is
 * not loaded, the others answer its share.
 */
export class ModelHost {
  readonly #endpoints = new Map<string, Hosted>();
  readonly #onServing: (serving: Record<string, number>) => void;
  readonly #limits: ProcessLimits;
  readonly #launcher = new Launcher();
  readonly #priorities: Priorities;
  readonly #later: Later;
  readonly #slots: LoadSlots;
  /** Endpoints of the first desired state that are neither answering nor given up; empty for good after the start. */
  #starting = new Set<string>();

  constructor(options: {
    /** Told after each switch which version of each endpoint answers, or answered last. */
    onServing: (serving: Record<string, number>) => void;
    limits: ProcessLimits;
    /** Which models give way to which; all are alike unless given. */
    priorities?: Priorities;
    later?: Later;
    /** How many are loaded at a time; as many as there are processors unless given. */
    slots?: LoadSlots;
  }) {
    this.#onServing = options.onServing;
    this.#limits = options.limits;
    this.#priorities = options.priorities ?? new Priorities({ niceness: 0 });
    this.#later = options.later ?? laterInTime;
    this.#slots =
      options.slots ??
      new LoadSlots({
        limit: Math.max(availableParallelism(), 2),
        patienceMs: loadPatienceMs,
      });
  }

  /**
   * Takes the desired state that was kept on disk. The server is not ready until each endpoint of it answers or has failed
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

  /** Takes the whole desired state. Returns at once; loads go on behind. A failed load is tried again in its own time. */
  apply(desired: GatewayDesiredState, last: Record<string, number> = {}): void {
    const wanted = new Set(desired.endpoints.map(item => item.endpoint));
    for (const [name, hosted] of this.#endpoints) {
      if (wanted.has(name)) continue;
      this.#endpoints.delete(name);
      this.#starting.delete(name);
      for (const version of hosted.versions.values()) version.retire();
    }
    const missing: HostedVersion[] = [];
    for (const spec of desired.endpoints) {
      const leading = leadingOf(spec);
      const hosted: Hosted = this.#endpoints.get(spec.endpoint) ?? {
        spec,
        leading,
        versions: new Map(),
        active: undefined,
        shares: [],
        last: last[spec.endpoint],
      };
      hosted.spec = spec;
      hosted.leading = leading;
      this.#endpoints.set(spec.endpoint, hosted);
      missing.push(...this.#addMissing(hosted));
      this.#settle(hosted);
    }
    // Over all endpoints: else the free places would go to kept versions of the first one.
    missing.sort((a, b) => a.order - b.order);
    for (const version of missing) version.start();
  }

  has(name: string): boolean {
    return this.#endpoints.has(name);
  }

  /**
   * The version that answers, or the one asked for when it is loaded. Where several variants answer, the same request
   * id finds the same one, in every gateway that was told the same.
   */
  find(name: string, version?: string, requestId?: string): Served {
    const hosted = this.#endpoints.get(name);
    if (!hosted) {
      throw new NotFoundError(
        // Names no other: they may be hidden from the caller.
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
    const share =
      version === undefined ? shareOf(hosted.shares, requestId) : undefined;
    const number = version === undefined ? share?.version : Number(version);
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
    const { leading, spec } = hosted;
    const variant =
      share?.name ??
      spec.variants.find(one => one.version === number)?.name ??
      leading.name;
    return { endpoint: spec, variant, version: found };
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
    return [...this.#endpoints.values()].map(hosted => {
      const { spec, leading, active, shares, versions } = hosted;
      return {
        endpoint: spec.endpoint,
        wanted: leading.version,
        ...(active !== undefined && { active }),
        variants: spec.variants.map(variant => {
          const share = shares.find(({ name }) => name === variant.name);
          return { ...variant, ...(share && { active: share.version }) };
        }),
        versions: [...versions.values()].map(version => version.status),
      };
    });
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    const all = [...this.#endpoints.values()].flatMap(hosted => [
      ...hosted.versions.values(),
    ]);
    this.#endpoints.clear();
    await Promise.all(all.map(version => version.retire(stopGraceMs)));
    await this.#launcher.stop();
  }

  /** Versions that are asked for and not there; the caller starts them. */
  #addMissing(hosted: Hosted): HostedVersion[] {
    const added: HostedVersion[] = [];
    for (const spec of hosted.spec.versions) {
      const found = hosted.versions.get(spec.version);
      const same =
        found?.spec.sha256 === spec.sha256 &&
        found.spec.path === spec.path &&
        JSON.stringify(found.spec.features) === JSON.stringify(spec.features);
      if (found && same) continue;
      // Something else under a number that answers: refused, a version never changes.
      if (found?.process && answers(hosted, spec.version)) continue;
      found?.retire();
      const version: HostedVersion = new HostedVersion(spec, {
        onChange: () => {
          if (hosted.versions.get(spec.version) === version) {
            this.#settle(hosted);
          }
        },
        limits: this.#limits,
        launcher: this.#launcher,
        priorities: this.#priorities,
        slots: this.#slots,
        order: () =>
          hosted.spec.variants.some(one => one.version === spec.version)
            ? 0
            : 1,
        later: this.#later,
      });
      hosted.versions.set(spec.version, version);
      added.push(version);
    }
    return added;
  }

  #settle(hosted: Hosted) {
    const { spec, leading, versions } = hosted;
    const { active: before, last } = hosted;
    const wanted = versions.get(leading.version);
    const isReady = (number: number | undefined): number | undefined =>
      number !== undefined && versions.get(number)?.process
        ? number
        : undefined;
    if (wanted?.process) hosted.active = leading.version;
    else if (isReady(before) === undefined) {
      // Nobody answers. A version that is only loading is waited for; one in trouble is stood in for.
      hosted.active = wanted?.troubled
        ? isReady(hosted.last) ??
          [...versions.keys()].sort((a, b) => b - a).find(isReady)
        : undefined;
    }
    hosted.shares = spec.variants.flatMap(({ name, version, weight, mode }) => {
      const number = name === leading.name ? hosted.active : isReady(version);
      if (mode !== 'live' || weight === 0 || number === undefined) return [];
      return [{ name, weight, version: number }];
    });
    if (hosted.active !== undefined) hosted.last = hosted.active;
    if (hosted.active !== undefined || wanted?.troubled) {
      this.#starting.delete(spec.endpoint);
    }
    const kept = new Set(spec.versions.map(version => version.version));
    for (const [number, version] of versions) {
      if (kept.has(number) || answers(hosted, number)) continue;
      versions.delete(number);
      version.retire();
    }
    // A version that comes back after a crash is no news, and to keep news takes a wait for the disk.
    if (hosted.active !== undefined && hosted.active !== last) {
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

function answers({ active, shares }: Hosted, version: number): boolean {
  return active === version || shares.some(one => one.version === version);
}

/** @throws Error for a desired state that was not checked */
function leadingOf({ endpoint, variants }: GatewayEndpoint): ServedVariant {
  const leading = leadingVariant(variants);
  if (leading) return leading;
  throw new Error(`No live variant of '${endpoint}' has a share`);
}
