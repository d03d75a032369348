import type { AuditorService } from '@backstage/backend-plugin-api';
import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import { audited, type Authorizer, type Call } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  mlDataWritePermission,
  registrationEnds,
  type DatasetRegistration,
} from '@downstage/plugin-ml-data-common';
import type {
  RegistrationStore,
  StoredRegistration,
} from './RegistrationStore';
import type { RegisterRequest } from '../versions/DatasetVersionService';
import type { DataAccessService } from '../access/DataAccessService';
import { keyOf } from '../datasets/DatasetCatalog';
import type { DatasetReads } from '../datasets/DatasetReads';
import type { DatasetOwners } from '../datasets/DatasetOwners';
import type { RegistrationRunner } from './RegistrationRunner';
import type { SourceLocator } from './SourceLocator';

type Path = { namespace: string; name: string };

const mostUnderWay = 20;
const classes = {
  InputError,
  NotFoundError,
  NotAllowedError,
  ConflictError,
} as const;

type ServiceDeps = {
  access: DataAccessService;
  auditor: AuditorService;
  authorizer: Authorizer;
  reads: DatasetReads;
  owners: DatasetOwners;
  locator: SourceLocator;
  store: RegistrationStore;
  runner: RegistrationRunner;
  clock: Clock;
  newId: NewId;
  /** How long a caller that waits is kept waiting. */
  patienceMs: number;
};

/** Accepting registrations, saying how far they are, and stopping them. */
export class RegistrationService {
  readonly #deps: ServiceDeps;

  constructor(deps: ServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Accepts a registration: what can be said at once is said (permission, location, format), the rest is done in the
   * background.
   */
  async start(
    request: RegisterRequest,
    call: Call,
  ): Promise<DatasetRegistration> {
    const { auditor, authorizer } = this.#deps;
    return audited(
      auditor,
      {
        eventId: 'dataset-version-register',
        caller: call.caller,
        meta: {
          dataset: `dataset:${request.namespace}/${request.name}`,
          ...(request.uri && { uri: request.uri }),
        },
        result: ({ id }) => ({ registration: id }),
      },
      async () => {
        await authorizer.requireAny({
          caller: call.caller,
          permission: mlDataWritePermission,
        });
        return this.#start(request, call);
      },
    );
  }

  async #start(
    request: RegisterRequest,
    { caller }: Call,
  ): Promise<DatasetRegistration> {
    const { locator, store, runner, clock, newId } = this.#deps;
    const { entity, uri, root, declared, dialect, fields } =
      await locator.locate(request, caller);
    const underWay = await store.underWay(keyOf(entity));
    if (underWay >= mostUnderWay) {
      throw new ConflictError(
        `${underWay} registrations of ${keyOf(
          entity,
        )} are under way, and ${mostUnderWay} are allowed; wait for one, or cancel one`,
      );
    }
    await this.#deps.owners.remember(entity, { caller });
    const { namespace = DEFAULT_NAMESPACE, name } = entity.metadata;
    const { registration } = await store.add({
      id: newId(),
      entityRef: keyOf(entity),
      namespace,
      name,
      request: {
        uri,
        root: root.path,
        message: request.message,
        format: declared,
        dialect,
        fields,
      },
      createdBy: caller.actor,
      now: clock().toISOString(),
    });
    runner.nudge();
    return registration;
  }

  /**
   * Waits for the end of a registration.
   *
   * @throws what the reader refused; ServiceUnavailableError when it takes longer than somebody waits
   */
  async wait(id: string): Promise<number> {
    const { store, runner, patienceMs } = this.#deps;
    const until = performance.now() + patienceMs;
    for (;;) {
      // Asked before we look: an end in between is not missed.
      const step = runner.settled(id, {
        afterMs: Math.max(1, Math.min(500, until - performance.now())),
      });
      const stored = await store.get(id);
      if (!stored) throw new NotFoundError(`No registration ${id}`);
      const { state, version } = stored.registration;
      if (state === 'ready' && version !== undefined) return version;
      if (registrationEnds.includes(state)) throw failureOf(stored);
      if (performance.now() >= until) {
        throw Object.assign(
          new ServiceUnavailableError(
            `Registration ${id} of ${stored.registration.dataset} is ${state} and goes on in the background; ask for it under /registrations/${id}`,
          ),
          { code: 'ml-data.registration-running' },
        );
      }
      await step;
    }
  }

  async list(
    request: Path & { limit: number; cursor?: string },
    { caller }: Call,
  ) {
    const { access, reads, store } = this.#deps;
    const entity = await reads.get(request, caller);
    // The refused text is quoted from the data.
    await access.requireRead({ entity, what: 'registrations' }, { caller });
    return store.list(keyOf(entity), request);
  }

  async get(
    request: Path & { id: string },
    { caller }: Call,
  ): Promise<DatasetRegistration> {
    const { access, reads } = this.#deps;
    const entity = await reads.get(request, caller);
    await access.requireRead({ entity, what: 'registrations' }, { caller });
    return (await this.#find(entity, request.id)).registration;
  }

  /** Safe to call twice, and after the end. */
  async cancel(
    request: Path & { id: string },
    { caller }: Call,
  ): Promise<DatasetRegistration> {
    const { auditor, authorizer, locator, reads, store, runner, clock } =
      this.#deps;
    return audited(
      auditor,
      {
        eventId: 'dataset-registration-cancel',
        caller,
        meta: {
          dataset: `dataset:${request.namespace}/${request.name}`,
          registration: request.id,
        },
      },
      async () => {
        await authorizer.requireAny({
          caller,
          permission: mlDataWritePermission,
        });
        const entity = await reads.get(request, caller);
        await locator.requireOwner(entity, caller);
        await this.#find(entity, request.id);
        await store.requestCancel(request.id, clock().toISOString());
        runner.cancel(request.id);
        await runner.settled(request.id, { afterMs: 1_000 });
        return (await this.#find(entity, request.id)).registration;
      },
    );
  }

  async #find(entity: DatasetEntity, id: string): Promise<StoredRegistration> {
    const stored = await this.#deps.store.get(id);
    if (stored && stored.registration.dataset === keyOf(entity)) return stored;
    throw new NotFoundError(`${keyOf(entity)} has no registration ${id}`);
  }
}

function failureOf({ registration, error }: StoredRegistration): Error {
  if (registration.state === 'cancelled') {
    return new ConflictError(`Registration ${registration.id} was cancelled`);
  }
  const { name = '', message = 'no reason was kept', code } = error ?? {};
  const found = Object.entries(classes).find(([each]) => each === name)?.[1];
  return Object.assign(new (found ?? ServiceUnavailableError)(message), {
    ...(code && { code }),
  });
}
