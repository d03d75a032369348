import type {
  Authorizer,
  Caller,
  FactCriteria,
  HiddenEntities,
} from '@downstage/node';
import {
  mlServingReadPermission,
  type Endpoint,
} from '@downstage/plugin-ml-serving-common';
import { factsOf } from '../domain/factsOf';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

type Hidden = Pick<
  HiddenEntities,
  'hides' | 'mayHide' | 'narrowed' | 'visible'
>;
type Counts = Partial<Record<Endpoint['state'], number>>;

/**
 * Decides who sees which endpoint: the permission policy, with its conditions, and the catalog.
 *
 * @remarks
 * An endpoint whose model the catalog hides from a person is hidden too, as if it did not exist.
 */
export class EndpointReads {
  readonly #authorizer: Authorizer;
  readonly #store: Pick<EndpointStore, 'find' | 'countByState' | 'states'>;
  readonly #hidden: Hidden;

  constructor(options: {
    authorizer: Authorizer;
    store: Pick<EndpointStore, 'find' | 'countByState' | 'states'>;
    hidden: Hidden;
  }) {
    this.#authorizer = options.authorizer;
    this.#store = options.store;
    this.#hidden = options.hidden;
  }

  /**
   * What lists are narrowed to in SQL; `undefined` for everything. Endpoints that the catalog hides by now are left out by
   * {@link EndpointReads.visible}.
   *
   * @throws NotAllowedError for callers who may read no endpoint at all
   */
  async filterOfLists(caller: Caller): Promise<FactCriteria | undefined> {
    return this.#hidden.narrowed(await this.filter(caller), caller);
  }

  /**
   * What the permission policy allows; `undefined` for everything.
   *
   * @throws NotAllowedError for callers who may read no endpoint at all
   */
  filter(caller: Caller): Promise<FactCriteria | undefined> {
    return this.#authorizer.filter({
      caller,
      permission: mlServingReadPermission,
    });
  }

  /**
   * The endpoint, where the caller may see it; `undefined` also for one that is not there.
   *
   * @throws NotAllowedError for callers who may read no endpoint at all
   */
  async find(
    { namespace, name }: { namespace: string; name: string },
    caller: Caller,
  ): Promise<EndpointRecord | undefined> {
    const permission = mlServingReadPermission;
    await this.#authorizer.requireAny({ caller, permission });
    const record = await this.#store.find(`${namespace}/${name}`);
    if (!record) return undefined;
    const facts = factsOf(record);
    if (!(await this.#authorizer.allows({ caller, permission, facts }))) {
      return undefined;
    }
    return (await this.hides(record, caller)) ? undefined : record;
  }

  /**
   * How many endpoints that the caller may see are in which state.
   *
   * @throws NotAllowedError for callers who may read no endpoint at all
   */
  async countByState(caller: Caller): Promise<Counts> {
    const criteria = await this.filter(caller);
    if (!(await this.#hidden.mayHide(caller))) {
      return this.#store.countByState(criteria);
    }
    const counts: Counts = {};
    const all = await this.#store.states(criteria);
    for (const { state } of await this.visible(all, caller)) {
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  /** Whether the catalog hides the model of this endpoint from the caller. */
  hides({ modelRef }: { modelRef: string }, caller: Caller): Promise<boolean> {
    return this.#hidden.hides(modelRef, caller);
  }

  /** Without those whose model the catalog hides from the caller. */
  visible<T extends { modelRef: string }>(
    endpoints: T[],
    caller: Caller,
  ): Promise<T[]> {
    return this.#hidden.visible(endpoints, ({ modelRef }) => modelRef, caller);
  }
}
