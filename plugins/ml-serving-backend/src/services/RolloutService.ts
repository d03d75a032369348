import { InputError, NotFoundError } from '@backstage/errors';
import type { Call, Lease } from '@downstage/node';
import type { Rollout } from '@downstage/plugin-ml-serving-common';
import { checkVariants } from '../domain/variants';
import type { EndpointRecord } from '../stores/EndpointStore';
import type { RolloutStore } from '../stores/RolloutStore';
import type { EndpointReads } from './EndpointReads';
import type { Engines } from './Engines';

/** Changes of what answers behind endpoints: how they begin, and their history. */
export class RolloutService {
  readonly #reads: EndpointReads;
  readonly #rollouts: RolloutStore;
  readonly #engines: Engines;

  constructor(options: {
    reads: EndpointReads;
    rollouts: RolloutStore;
    engines: Engines;
  }) {
    this.#reads = options.reads;
    this.#rollouts = options.rollouts;
    this.#engines = options.engines;
  }

  /** For callers who may see the endpoint, newest first. */
  async list(
    {
      limit,
      cursor,
      ...path
    }: { namespace: string; name: string; limit: number; cursor?: string },
    { caller }: Call,
  ): Promise<{ items: Rollout[]; nextCursor?: string }> {
    const endpoint = await this.#reads.find(path, caller);
    if (!endpoint) {
      throw new NotFoundError(
        `There is no endpoint '${path.namespace}/${path.name}'`,
      );
    }
    const before = cursor === undefined ? undefined : readCursor(cursor);
    const found = await this.#rollouts.list(endpoint.id, {
      limit: limit + 1,
      before,
    });
    const items = found
      .slice(0, limit)
      .map(({ id, endpointId, loadFailed, ...rollout }) => rollout);
    const last = items.at(-1);
    return {
      items,
      ...(found.length > limit && last && { nextCursor: String(last.number) }),
    };
  }

  /**
   * Begins a rollout for the holder of the lease of the endpoint.
   *
   * @returns whether the lease was still held
   * @throws InputError for variants that the engine of the endpoint cannot serve; nothing is stored then
   */
  async begin(
    lease: Lease,
    endpoint: Pick<EndpointRecord, 'engine' | 'variants'>,
    rollout: Omit<Parameters<RolloutStore['begin']>[1], 'from'>,
  ): Promise<boolean> {
    checkVariants(rollout.to, this.#engines.of(endpoint));
    return this.#rollouts.begin(lease, { ...rollout, from: endpoint.variants });
  }
}

function readCursor(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new InputError(
    'The cursor is none that this list gave; begin without one',
  );
}
