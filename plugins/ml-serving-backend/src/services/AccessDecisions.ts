import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Authorizer } from '@downstage/node';
import {
  mlServingPredictPermission,
  type AccessDecision,
} from '@downstage/plugin-ml-serving-common';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

type Call = { credentials: BackstageCredentials };
type Verdict = AccessDecision['decisions'][number];

/**
 * Decides who may ask which endpoint, for the gateway and for the portal's own route alike: the permission policy,
 * the scope and the binding of a token, whether the catalog shows the model, and the groups the endpoint is for.
 */
export class AccessDecisions {
  readonly #authorizer: Authorizer;
  readonly #catalog: CatalogService;
  readonly #store: EndpointStore;

  constructor(options: {
    authorizer: Authorizer;
    catalog: CatalogService;
    store: EndpointStore;
  }) {
    this.#authorizer = options.authorizer;
    this.#catalog = options.catalog;
    this.#store = options.store;
  }

  async decide(
    { endpoints }: { endpoints: string[] },
    { credentials }: Call,
  ): Promise<AccessDecision> {
    await this.#authorizer.require({
      credentials,
      permission: mlServingPredictPermission,
    });
    const found = await this.#store.findMany(endpoints);
    const shown = await this.#shown(found, credentials);
    const decisions = await Promise.all(
      endpoints.map(async (ref): Promise<Verdict> => {
        const record = found.find(({ id }) => id === ref);
        if (!record || !shown.has(record.modelRef)) {
          return { endpoint: ref, result: 'unknown' };
        }
        const message = await this.#refusal(record, credentials);
        return message === undefined
          ? { endpoint: ref, result: 'allow' }
          : { endpoint: ref, result: 'deny', message };
      }),
    );
    const { actor, token } = this.#authorizer.who(credentials);
    return { actor, ...(token && { token }), decisions };
  }

  /** Why the caller may not ask this endpoint; `undefined` when it may. */
  async #refusal(
    { id, modelRef, owner, access }: EndpointRecord,
    credentials: BackstageCredentials,
  ): Promise<string | undefined> {
    try {
      await this.#authorizer.require({
        credentials,
        permission: mlServingPredictPermission,
        model: modelRef,
      });
    } catch (error) {
      if (isError(error) && error.name === 'NotAllowedError') {
        return error.message;
      }
      throw error;
    }
    const { groups } = access;
    if (!groups.length || this.#authorizer.isService(credentials)) {
      return undefined;
    }
    const own = await this.#authorizer.groupsOf(credentials);
    if ([owner, ...groups].some(group => own.includes(group))) return undefined;
    return `The endpoint ${id} answers ${[owner, ...groups].join(
      ', ',
    )}, and ${this.#authorizer.actor(credentials)} is in none of these`;
  }

  /** The models that the catalog shows the caller. */
  async #shown(records: EndpointRecord[], credentials: BackstageCredentials) {
    const refs = [...new Set(records.map(({ modelRef }) => modelRef))];
    if (!refs.length) return new Set<string>();
    const { items } = await this.#catalog.getEntitiesByRefs(
      { entityRefs: refs, fields: ['kind'] },
      { credentials },
    );
    return new Set(refs.filter((_, index) => items[index]));
  }
}
