import { InputError } from '@backstage/errors';
import { unlessAborted } from '@downstage/common';
import type {
  EngineCondition,
  ServingEngine,
} from '@downstage/plugin-ml-serving-node';
import type { Facts } from '../domain/endpointState';
import { gatewayName } from '../domain/gatewayName';
import { SilentEngine } from '../providers/SilentEngine';
import type { EndpointRecord } from '../stores/EndpointStore';
import type { EngineSync } from './EngineSync';

type Observed = Facts['gateway'];

/** The gateway is given two seconds; an engine elsewhere asks a cluster. */
const observeMs = 5_000;

/** The gateway is given ten seconds to take a desired state, and a push waits for the one before it. */
const pushMs = 25_000;

/** The engines of this portal: an endpoint names one, and new endpoints get the default unless they do. */
export class Engines {
  readonly #installed: Map<string, { engine: ServingEngine; sync: EngineSync }>;
  readonly #defaultId: string;
  readonly #offered: readonly string[] | undefined;
  readonly #timeLimit: (ms: number) => AbortSignal;

  /** @throws InputError when the default, or one that is offered, is not installed */
  constructor(options: {
    engines: readonly ServingEngine[];
    defaultId: string;
    /** Ids that new endpoints may name; those of all engines unless given. Endpoints that are there go on. */
    offered?: readonly string[];
    syncOf: (engine: ServingEngine) => EngineSync;
    /** When an engine that was asked counts as one that does not answer. */
    timeLimit?: (ms: number) => AbortSignal;
  }) {
    this.#installed = new Map(
      options.engines.map(engine => [
        engine.id,
        { engine, sync: options.syncOf(engine) },
      ]),
    );
    this.#defaultId = options.defaultId;
    this.#timeLimit = options.timeLimit ?? (ms => AbortSignal.timeout(ms));
    this.#offered = options.offered;
    for (const id of [undefined, ...(options.offered ?? [])]) this.choose(id);
  }

  all(): { engine: ServingEngine; sync: EngineSync }[] {
    return [...this.#installed.values()];
  }

  /** The engine of an endpoint; one that refuses everything with the reason where it is not installed any more. */
  of({ engine: id }: { engine: string }): ServingEngine {
    return (
      this.#installed.get(id)?.engine ??
      new SilentEngine({ id, publicUrl: '', why: this.#missing(id) })
    );
  }

  /**
   * What is known of each endpoint, by id, with one question an engine; `undefined` for those whose engine does not
   * answer, which becomes a condition. One that takes long holds up neither lists nor the endpoints of others.
   */
  async observe(
    endpoints: readonly EndpointRecord[],
  ): Promise<Map<string, Observed>> {
    const byEngine = new Map<string, EndpointRecord[]>();
    for (const endpoint of endpoints) {
      const list = byEngine.get(endpoint.engine) ?? [];
      list.push(endpoint);
      byEngine.set(endpoint.engine, list);
    }
    const observed = await Promise.all(
      [...byEngine.values()].map(
        async (list): Promise<[string, Observed][]> => {
          const engine = this.of(list[0]);
          if (!engine.enabled) return list.map(({ id }) => [id, 'none']);
          try {
            const answer = await unlessAborted(
              engine.observe(list.map(gatewayName)),
              this.#timeLimit(observeMs),
            );
            const found = new Map(answer.map(one => [one.endpoint, one]));
            return list.map(one => [
              one.id,
              found.get(gatewayName(one)) ?? 'unknown-endpoint',
            ]);
          } catch {
            return list.map(({ id }) => [id, undefined]);
          }
        },
      ),
    );
    return new Map(observed.flat());
  }

  /**
   * Tells the engine of an endpoint everything that it has to serve.
   *
   * @returns what it says of this endpoint
   * @throws where it does not answer in time. The call stays under way until its own limit, and the next waits
   * its turn: an older desired state never overtakes a newer one.
   */
  async push(
    endpoint: Pick<EndpointRecord, 'engine' | 'namespace' | 'name'>,
  ): Promise<EngineCondition[]> {
    const installed = this.#installed.get(endpoint.engine);
    if (!installed) return [];
    const said = await unlessAborted(
      installed.sync.push(),
      this.#timeLimit(pushMs),
    );
    const name = gatewayName(endpoint);
    return said.filter(one => one.endpoint === name);
  }

  /** Why nothing answers for an endpoint in this portal; `undefined` where its engine is installed. */
  whyNone({ engine: id }: { engine: string }): string | undefined {
    return this.#installed.has(id) ? undefined : this.#missing(id);
  }

  /**
   * The id of the engine that a new endpoint gets.
   *
   * @throws InputError when there is none of this id, or the configuration does not offer it
   */
  choose(id: string | undefined): string {
    const chosen = id ?? this.#defaultId;
    if (!this.#installed.has(chosen)) {
      throw new InputError(this.#missing(chosen));
    }
    const offered = [this.#defaultId, ...(this.#offered ?? [])];
    if (this.#offered && !offered.includes(chosen)) {
      throw new InputError(
        `New endpoints may not use the serving engine '${chosen}'; mlServing.engines and mlServing.engine allow ${[
          ...new Set(offered),
        ].join(', ')}`,
      );
    }
    return chosen;
  }

  #missing(id: string): string {
    return `No module installs the serving engine '${id}'; installed: ${[
      ...this.#installed.keys(),
    ].join(', ')}`;
  }
}
