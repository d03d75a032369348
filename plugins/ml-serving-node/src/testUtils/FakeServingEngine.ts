import { NotFoundError } from '@backstage/errors';
import {
  leadingVariant,
  type PredictRequest,
  type PredictResponse,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import type {
  DesiredEndpoint,
  EndpointObservation,
  EngineCondition,
  EngineDesiredState,
  ServingEngine,
  ServingEngineWithPredict,
} from '../engine';

type Held = {
  desired: DesiredEndpoint;
  leading: ServedVariant;
  /** The version that answers for the leading variant. */
  active: number | undefined;
  /** Which version answers which share, in percent. */
  shares: { name: string; weight: number; version: number }[];
};

/**
 * An engine in memory, for tests: it loads at once, and answers each row with the number of the version. Of a hundred
 * requests, as many are answered by a variant as its weight says.
 *
 * @remarks
 * A fake: no model runs. A version cannot be loaded when `canLoad` says so. It holds to the contract of
 * `describeServingEngine`.
 */
export class FakeServingEngine implements ServingEngineWithPredict {
  readonly specVersion = 'v1';
  readonly id: string;
  readonly enabled = true;
  readonly publicUrl: string;
  readonly variants: ServingEngine['variants'];
  readonly since = undefined;
  alive = false;
  readonly #canLoad: (version: DesiredEndpoint['versions'][number]) => boolean;
  readonly #held = new Map<string, Held>();
  #answers = 0;

  constructor(
    options: {
      id?: string;
      variants?: ServingEngine['variants'];
      canLoad?: (version: DesiredEndpoint['versions'][number]) => boolean;
    } = {},
  ) {
    this.id = options.id ?? 'fake';
    this.variants = options.variants ?? 'weighted';
    this.publicUrl = `http://${this.id}.example`;
    this.#canLoad = options.canLoad ?? (() => true);
  }

  urlOf(endpoint: string): string {
    return `${this.publicUrl}/v2/models/${endpoint}`;
  }

  start({ onAlive }: { onAlive: () => void }): void {
    this.alive = true;
    onAlive();
  }

  async stop(): Promise<void> {
    this.alive = false;
  }

  async apply({ endpoints }: EngineDesiredState): Promise<EngineCondition[]> {
    const wanted = new Set(endpoints.map(({ endpoint }) => endpoint));
    for (const name of this.#held.keys()) {
      if (!wanted.has(name)) this.#held.delete(name);
    }
    return endpoints.flatMap(desired => {
      const leading = leadingVariant(desired.variants);
      if (!leading) return [];
      const loaded = (number: number) =>
        desired.versions.some(
          one => one.version === number && this.#canLoad(one),
        );
      const active = loaded(leading.version)
        ? leading.version
        : this.#held.get(desired.endpoint)?.active;
      const shares = desired.variants.flatMap(variant => {
        const { name, version, weight, mode } = variant;
        const isLeading = name === leading.name;
        const answers = isLeading ? active : version;
        if (mode !== 'live' || weight === 0 || answers === undefined) return [];
        if (!isLeading && !loaded(version)) return [];
        return [{ name, weight, version: answers }];
      });
      this.#held.set(desired.endpoint, { desired, leading, active, shares });
      return {
        endpoint: desired.endpoint,
        type: 'PredictionLogged',
        status: 'false',
        reason: 'InMemory',
        message: 'The fake engine writes no prediction log',
      };
    });
  }

  async observe(endpoints: string[]): Promise<EndpointObservation[]> {
    return endpoints.flatMap(endpoint => {
      const held = this.#held.get(endpoint);
      if (!held) return [];
      const { desired, leading, active, shares } = held;
      return [
        {
          endpoint,
          wanted: leading.version,
          ...(active !== undefined && { active }),
          variants: desired.variants.map(variant => {
            const share = shares.find(({ name }) => name === variant.name);
            return { ...variant, ...(share && { active: share.version }) };
          }),
          versions: desired.versions.map(version => ({
            version: version.version,
            predictions: [],
            ...(this.#canLoad(version)
              ? { state: 'ready' as const }
              : { state: 'failed' as const, message: 'It cannot be loaded' }),
          })),
        },
      ];
    });
  }

  async predict(
    endpoint: string,
    { rows }: PredictRequest,
  ): Promise<PredictResponse> {
    const shares = this.#held.get(endpoint)?.shares ?? [];
    const total = shares.reduce((sum, { weight }) => sum + weight, 0);
    // Neighbours in time fall far from each other, so that few requests are divided well too.
    let left = (this.#answers * 0.618034 * total) % (total || 1);
    const share = shares.find(({ weight }) => (left -= weight) < 0);
    if (!share) throw new NotFoundError(`No version of '${endpoint}' answers`);
    const { version } = share;
    this.#answers += 1;
    return {
      modelVersion: version,
      predictions: rows.map(() => ({ version })),
      requestId: `${this.id}-${this.#answers}`,
    };
  }
}
