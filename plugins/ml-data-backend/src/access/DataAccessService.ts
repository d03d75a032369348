import type { AuditorService } from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import {
  audited,
  dataRefusal,
  isPlugin,
  ownerOf,
  type Authorizer,
  type Call,
  type Caller,
} from '@downstage/node';
import {
  mlDataGrantPermission,
  type DatasetAccess,
  type DatasetAccessAnswer,
  type DatasetGrant,
} from '@downstage/plugin-ml-data-common';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  decideAccess,
  isGuarded,
  type AccessDecision,
  type DataReader,
} from './decideAccess';
import type { GrantStore } from './GrantStore';
import { factsOf } from '../datasets/factsOf';
import { keyOf } from '../datasets/DatasetCatalog';
import type { DatasetReads } from '../datasets/DatasetReads';

type Path = { namespace: string; name: string };

/** What is read, for the audit trail. */
type Read = 'version' | 'diff' | 'files' | 'registrations' | 'preview';

/** Decides who reads the content of data sets, keeps the grants, and has every read of guarded data written down. */
export class DataAccessService {
  readonly #deps: {
    auditor: AuditorService;
    authorizer: Authorizer;
    reads: DatasetReads;
    grants: GrantStore;
    clock: Clock;
    newId: NewId;
  };

  constructor(deps: {
    auditor: AuditorService;
    authorizer: Authorizer;
    reads: DatasetReads;
    grants: GrantStore;
    clock: Clock;
    newId: NewId;
  }) {
    this.#deps = deps;
  }

  /**
   * Lets a read of content go on, or refuses it; both are audit events where the data is guarded.
   *
   * @throws NotAllowedError with the code `ml-data.access-needed`, which says whom to ask
   */
  async requireRead(
    request: { entity: DatasetEntity; what: Read; version?: string },
    { caller }: Call,
  ): Promise<void> {
    const { entity, ...read } = request;
    const { classification } = entity.spec;
    if (!isGuarded(classification)) return;
    const decision = await this.#decide(entity, caller);
    const event = {
      eventId: 'dataset-read',
      caller,
      meta: {
        dataset: keyOf(entity),
        classification: String(classification),
        ...read,
        ...(decision.allowed && {
          because: decision.because,
          ...(decision.grant && { grant: decision.grant }),
        }),
      },
    };
    await audited(this.#deps.auditor, event, async () => {
      if (!decision.allowed) {
        throw dataRefusal(decision.message, keyOf(entity));
      }
    });
  }

  /** What the caller may do with one data set. */
  async get(path: Path, { caller }: Call): Promise<DatasetAccess> {
    const entity = await this.#deps.reads.get(path, caller);
    return this.#describe(entity, caller);
  }

  /**
   * Whether the caller may read each of some data sets, in the order asked for: what other plugins ask before they show
   * what came out of the data. A data set that the caller cannot see, or that is gone, may not be read. The answer does
   * not tell which. The catalog, the owners and the grants are asked once each.
   */
  async check(
    request: { datasets: string[] },
    { caller }: Call,
  ): Promise<{ items: DatasetAccessAnswer[] }> {
    const asked = request.datasets.map(dataset => ({
      dataset,
      ref: refOf(dataset),
    }));
    const refs = [...new Set(asked.map(({ ref }) => ref))];
    const entities = await this.#deps.reads.getAll(refs, caller);
    const decide = await this.#decider([...entities.values()], caller);
    return {
      items: asked.map(({ dataset, ref }) => {
        const entity = entities.get(ref);
        return {
          dataset,
          ...answerOf(
            entity
              ? decide(entity)
              : {
                  allowed: false,
                  message: `${dataset} is not a data set that ${caller.actor} may see`,
                },
          ),
        };
      }),
    };
  }

  /** Gives a group, or one person, the right to read until a day. */
  async grant(
    request: Path & { group: string; purpose: string; until: string },
    { caller }: Call,
  ): Promise<DatasetGrant> {
    const { auditor, authorizer, reads, grants, clock, newId } = this.#deps;
    const { group, purpose, until } = request;
    return audited(
      auditor,
      {
        eventId: 'dataset-grant',
        severityLevel: 'high',
        caller,
        meta: {
          dataset: `dataset:${request.namespace}/${request.name}`,
          group,
          purpose,
          until,
        },
        result: ({ id }) => ({ grant: id }),
      },
      async () => {
        await authorizer.requireAny({
          caller,
          permission: mlDataGrantPermission,
        });
        authorizer.requirePerson(caller, 'give a right to read data');
        const entity = await reads.get(request, caller);
        await this.#requireOwner(entity, caller);
        const now = clock().toISOString();
        const end = new Date(until).toISOString();
        if (end <= now) {
          throw new InputError(
            `A grant until ${end} would have ended already; expected a time after ${now}`,
          );
        }
        return grants.add({
          id: newId(),
          entityRef: keyOf(entity),
          group: granteeOf(group),
          purpose,
          until: end,
          createdBy: caller.actor,
          now,
        });
      },
    );
  }

  /** The grants of a data set, for its owners and for whom they are given to. */
  async listGrants(
    request: Path & { limit: number; cursor?: string },
    { caller }: Call,
  ): Promise<{ items: DatasetGrant[]; nextCursor?: string }> {
    const { reads, grants, clock } = this.#deps;
    const entity = await reads.get(request, caller);
    if (!(await this.#mayGrant(entity, caller))) {
      throw new NotAllowedError(
        `The grants of ${keyOf(entity)} are for its owner to see, ${
          ownerOf(entity) ?? 'and it has none'
        }`,
      );
    }
    return grants.list(keyOf(entity), {
      ...request,
      now: clock().toISOString(),
    });
  }

  /** Takes a grant back, at once: the next read is refused. Safe to call twice. */
  async revoke(
    request: Path & { id: string },
    { caller }: Call,
  ): Promise<DatasetGrant> {
    const { auditor, authorizer, reads, grants, clock } = this.#deps;
    return audited(
      auditor,
      {
        eventId: 'dataset-grant-revoke',
        severityLevel: 'high',
        caller,
        meta: {
          dataset: `dataset:${request.namespace}/${request.name}`,
          grant: request.id,
        },
      },
      async () => {
        await authorizer.requireAny({
          caller,
          permission: mlDataGrantPermission,
        });
        authorizer.requirePerson(caller, 'take a right to read data back');
        const entity = await reads.get(request, caller);
        await this.#requireOwner(entity, caller);
        const grant = await grants.revoke(keyOf(entity), request.id, {
          actor: caller.actor,
          now: clock().toISOString(),
        });
        if (grant) return grant;
        throw new NotFoundError(`${keyOf(entity)} has no grant ${request.id}`);
      },
    );
  }

  async #describe(
    entity: DatasetEntity,
    caller: Caller,
  ): Promise<DatasetAccess> {
    const decision = await this.#decide(entity, caller);
    const owner = ownerOf(entity);
    const { classification } = entity.spec;
    return {
      dataset: keyOf(entity),
      ...(owner && { owner }),
      ...(classification && { classification }),
      mayRead: decision.allowed,
      ...(decision.allowed
        ? { because: decision.because }
        : { message: decision.message }),
      mayGrant:
        caller.kind === 'person' && (await this.#mayGrant(entity, caller)),
    };
  }

  async #decide(
    entity: DatasetEntity,
    caller: Caller,
  ): Promise<AccessDecision> {
    return (await this.#decider([entity], caller))(entity);
  }

  /** Decides about some data sets, with all that has to be asked before asked at once. */
  async #decider(
    entities: DatasetEntity[],
    caller: Caller,
  ): Promise<(entity: DatasetEntity) => AccessDecision> {
    const guarded = entities.filter(({ spec }) =>
      isGuarded(spec.classification),
    );
    if (!guarded.length) return () => ({ allowed: true, because: 'open' });
    const { authorizer, grants, clock } = this.#deps;
    const reader: DataReader = {
      kind: kindOf(caller),
      actor: caller.actor,
      owners: await authorizer.groupsOf(caller),
    };
    const given = await grants.of(guarded.map(keyOf));
    const now = clock().toISOString();
    return entity =>
      decideAccess(
        reader,
        {
          ref: keyOf(entity),
          owner: ownerOf(entity),
          classification: entity.spec.classification,
          grants: given.get(keyOf(entity)) ?? [],
        },
        now,
      );
  }

  async #mayGrant(entity: DatasetEntity, caller: Caller): Promise<boolean> {
    const owner = ownerOf(entity);
    return owner !== undefined && this.#deps.authorizer.owns(caller, owner);
  }

  /** Administrators do not count: with grants to themselves they could read everything. */
  async #requireOwner(entity: DatasetEntity, caller: Caller): Promise<void> {
    const owner = ownerOf(entity);
    if (await this.#mayGrant(entity, caller)) {
      return this.#deps.authorizer.require({
        caller,
        permission: mlDataGrantPermission,
        owner,
        facts: factsOf(entity),
      });
    }
    throw new NotAllowedError(
      owner
        ? `${keyOf(entity)} belongs to ${owner}, and ${
            caller.actor
          } is not one of its owners: only they give rights to read it`
        : `${keyOf(
            entity,
          )} has no owner; set spec.owner to the group that decides who reads it`,
    );
  }
}

function kindOf(caller: Caller): DataReader['kind'] {
  if (isPlugin(caller)) return 'plugin';
  // A job has the rights of its submitter.
  if (caller.kind === 'job' && caller.job.rights?.byToken) return 'token';
  return caller.kind;
}

function answerOf(decision: AccessDecision) {
  if (!decision.allowed) return { mayRead: false, message: decision.message };
  const { because, grant } = decision;
  return { mayRead: true, because, ...(grant && { grant }) };
}

/** The data set that `dataset:default/masses`, `default/masses@3` or `masses` is about. */
function refOf(text: string): string {
  const [path] = text.replace(/^dataset:/i, '').split('@');
  return `dataset:${
    path.includes('/') ? path : `default/${path}`
  }`.toLocaleLowerCase('en-US');
}

function granteeOf(text: string): string {
  let ref;
  try {
    ref = parseEntityRef(text, {
      defaultKind: 'group',
      defaultNamespace: 'default',
    });
  } catch (error) {
    throw new InputError(`Not a group: '${text}'`, error);
  }
  const kind = ref.kind.toLocaleLowerCase('en-US');
  if (kind !== 'group' && kind !== 'user') {
    throw new InputError(
      `'${text}' is a ${ref.kind}; expected a group such as group:default/credit, or a user`,
    );
  }
  return stringifyEntityRef(ref).toLocaleLowerCase('en-US');
}
