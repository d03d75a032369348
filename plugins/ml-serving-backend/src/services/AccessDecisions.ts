import { isError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  entitiesByRef,
  whoOf,
  type Authorizer,
  type Call,
  type Caller,
} from '@downstage/node';
import {
  mlServingPredictPermission,
  type AccessDecision,
} from '@downstage/plugin-ml-serving-common';
import { factsOf } from '../domain/factsOf';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

type Verdict = AccessDecision['decisions'][number];

/**
 * Decides who may ask which endpoint, for the gateway and for the portal's own route alike. It looks at the permission
 * policy, and at the scope and the binding of a token. It also looks at whether the catalog shows the model, and at the
 * groups the endpoint is for.
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
    { caller }: Call,
  ): Promise<AccessDecision> {
    await this.#authorizer.requireAny({
      caller,
      permission: mlServingPredictPermission,
    });
    const found = await this.#store.findMany(endpoints);
    const shown = await this.#shown(found, caller);
    const decisions = await Promise.all(
      endpoints.map(async (ref): Promise<Verdict> => {
        const record = found.find(({ id }) => id === ref);
        if (!record || !shown.has(record.modelRef)) {
          return { endpoint: ref, result: 'unknown' };
        }
        const message = await this.#refusal(record, caller);
        return message === undefined
          ? { endpoint: ref, result: 'allow' }
          : { endpoint: ref, result: 'deny', message };
      }),
    );
    const { actor, token } = whoOf(caller);
    return { actor, ...(token && { token }), decisions };
  }

  /** Why the caller may not ask this endpoint; `undefined` when it may. */
  async #refusal(
    record: EndpointRecord,
    caller: Caller,
  ): Promise<string | undefined> {
    const { id, modelRef, owner, access } = record;
    try {
      await this.#authorizer.require({
        caller,
        permission: mlServingPredictPermission,
        model: modelRef,
        facts: factsOf(record),
      });
    } catch (error) {
      if (isError(error) && error.name === 'NotAllowedError') {
        return error.message;
      }
      throw error;
    }
    const bound = caller.kind === 'token' ? caller.token.group : undefined;
    if (bound !== undefined && bound !== owner) {
      return `The token of ${caller.actor} is bound to ${bound}, and the endpoint ${id} belongs to ${owner}`;
    }
    const { groups } = access;
    if (!groups.length || caller.kind === 'service') {
      return undefined;
    }
    const own = await this.#authorizer.groupsOf(caller);
    if ([owner, ...groups].some(group => own.includes(group))) return undefined;
    return `The endpoint ${id} answers ${[owner, ...groups].join(', ')}, and ${
      caller.actor
    } is in none of these`;
  }

  /** The models that the catalog shows the caller. */
  async #shown(records: EndpointRecord[], { credentials }: Caller) {
    return entitiesByRef(
      this.#catalog,
      { refs: records.map(({ modelRef }) => modelRef), fields: ['kind'] },
      { credentials },
    );
  }
}
