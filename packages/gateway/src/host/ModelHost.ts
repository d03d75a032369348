import { NotFoundError, ServiceUnavailableError } from '@backstage/errors';
import type {
  GatewayDesiredState,
  GatewayEndpoint,
  GatewayStatus,
} from '@downstage/plugin-ml-serving-common';
import { HostedVersion } from './HostedVersion';

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

/**
 * Brings what is loaded to the wish, and says who answers.
 *
 * @remarks
 * A switch is one assignment: requests before it go to the old version, requests after it to the new one, and none
 * waits, because the new one was loaded and warmed up in a thread of its own. Loads run one at a time.
 */
export class ModelHost {
  readonly #endpoints = new Map<string, Hosted>();
  readonly #onServing: (serving: Record<string, number>) => void;
  #loads: Promise<void> = Promise.resolve();

  constructor(options: {
    /** Told after each switch which version of each endpoint answers. */
    onServing: (serving: Record<string, number>) => void;
  }) {
    this.#onServing = options.onServing;
  }

  /** Takes the whole wish. Returns at once; loads go on behind. Versions that failed are tried again. */
  apply(desired: GatewayDesiredState, last: Record<string, number> = {}): void {
    const wanted = new Set(desired.endpoints.map(item => item.endpoint));
    for (const [name, hosted] of this.#endpoints) {
      if (wanted.has(name)) continue;
      this.#endpoints.delete(name);
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

  /** The version that answers, or the one asked for when it is loaded. */
  find(name: string, version?: string): Served {
    const hosted = this.#endpoints.get(name);
    if (!hosted) {
      throw new NotFoundError(
        `There is no model '${name}' here; served are: ${
          [...this.#endpoints.keys()].join(', ') || 'none'
        }`,
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
    if (!found?.worker) {
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
    return [...(this.#endpoints.get(name)?.versions.values() ?? [])]
      .filter(version => version.state === 'ready')
      .map(version => version.spec.version)
      .sort((a, b) => a - b)
      .map(String);
  }

  /** Whether nothing of the wish is still loading. A model that cannot be loaded does not hold the server back. */
  get ready(): boolean {
    return [...this.#endpoints.values()].every(
      hosted =>
        hosted.active !== undefined ||
        [...hosted.versions.values()].every(item => item.state === 'failed'),
    );
  }

  get status(): GatewayStatus['endpoints'] {
    return [...this.#endpoints.values()].map(({ spec, active, versions }) => ({
      endpoint: spec.endpoint,
      wanted: spec.active,
      ...(active !== undefined && { active }),
      versions: [...versions.values()].map(version => version.status),
    }));
  }

  /** Ends every thread. */
  async stop(): Promise<void> {
    const all = [...this.#endpoints.values()].flatMap(hosted => [
      ...hosted.versions.values(),
    ]);
    this.#endpoints.clear();
    await Promise.all(all.map(version => version.retire()));
  }

  #loadMissing(hosted: Hosted) {
    const ordered = [...hosted.spec.versions].sort((a, b) => {
      const first = (item: { version: number }) =>
        item.version === hosted.spec.active ? 0 : 1;
      return first(a) - first(b);
    });
    for (const spec of ordered) {
      const found = hosted.versions.get(spec.version);
      const same =
        found?.spec.sha256 === spec.sha256 &&
        JSON.stringify(found.spec.features) === JSON.stringify(spec.features);
      if (found && same && found.state !== 'failed') continue;
      // Something else under the number that answers: refused, a version never changes.
      if (found && hosted.active === spec.version && found.worker) continue;
      found?.retire();
      const version: HostedVersion = new HostedVersion(spec, {
        onChange: () => {
          if (hosted.versions.get(spec.version) === version) {
            this.#settle(hosted);
          }
        },
      });
      hosted.versions.set(spec.version, version);
      this.#loads = this.#loads.then(() => version.load());
    }
  }

  #settle(hosted: Hosted) {
    const { spec, versions } = hosted;
    const before = hosted.active;
    const wanted = versions.get(spec.active);
    if (wanted?.state === 'ready') {
      hosted.active = spec.active;
    } else if (hosted.active === undefined && wanted?.state === 'failed') {
      const fallback =
        hosted.last === undefined ? undefined : versions.get(hosted.last);
      if (fallback?.state === 'ready') hosted.active = hosted.last;
    }
    const kept = new Set(spec.versions.map(version => version.version));
    for (const [number, version] of versions) {
      if (kept.has(number) || number === hosted.active) continue;
      versions.delete(number);
      version.retire();
    }
    if (hosted.active !== before) this.#onServing(this.#serving());
  }

  #serving(): Record<string, number> {
    const serving: Record<string, number> = {};
    for (const [name, { active }] of this.#endpoints) {
      if (active !== undefined) serving[name] = active;
    }
    return serving;
  }
}
