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
  datasetDialectSchema,
  mlDataReadPermission,
  mlDataWritePermission,
  registrationEnds,
  textEncodings,
  type DatasetDialect,
  type DatasetRegistration,
} from '@downstage/plugin-ml-data-common';
import { decideFormat, parseFormat } from '../domain/sourceFormat';
import { locateSource, rootOf, type Roots } from '../storage/locateSource';
import type {
  RegistrationStore,
  StoredRegistration,
} from '../stores/RegistrationStore';
import type { DataAccessService } from './DataAccessService';
import { keyOf, ownerOf, type DatasetCatalog } from './DatasetCatalog';
import type { DatasetOwners } from './DatasetOwners';
import type { RegistrationRunner } from './RegistrationRunner';

type Path = { namespace: string; name: string };
export type RegisterRequest = Path & {
  uri?: string;
  message?: string;
  dialect?: DatasetDialect;
};

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
  catalog: DatasetCatalog;
  owners: DatasetOwners;
  store: RegistrationStore;
  runner: RegistrationRunner;
  roots: Roots;
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
        await authorizer.require({
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
    const { authorizer, catalog, store, runner, clock, newId } = this.#deps;
    const entity = await catalog.get(request, caller.credentials);
    await this.#requireOwner(entity, caller);
    const { location } = entity.spec;
    const uri = request.uri ?? location?.uri;
    if (!uri) {
      throw new InputError(
        `${keyOf(entity)} has no spec.location.uri, and no uri was given`,
      );
    }
    const roots = await this.#rootsOf(caller);
    const sources = await locateSource(uri, { roots });
    const declared = parseFormat(request.uri ? undefined : location?.format);
    decideFormat({ uri, files: sources, declared });
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
        root: (await rootOf(uri, roots)).path,
        message: request.message,
        format: declared,
        dialect: { ...dialectOf(entity), ...request.dialect },
        fields: entity.spec.schema?.fields ?? [],
      },
      createdBy: authorizer.actor(caller),
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
    const until = Date.now() + patienceMs;
    for (;;) {
      // Asked before we look: an end in between is not missed.
      const step = runner.settled(id, {
        afterMs: Math.max(1, Math.min(500, until - Date.now())),
      });
      const stored = await store.get(id);
      if (!stored) throw new NotFoundError(`No registration ${id}`);
      const { state, version } = stored.registration;
      if (state === 'ready' && version !== undefined) return version;
      if (registrationEnds.includes(state)) throw failureOf(stored);
      if (Date.now() >= until) {
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
    const { access, authorizer, catalog, store } = this.#deps;
    await authorizer.require({ caller, permission: mlDataReadPermission });
    const entity = await catalog.get(request, caller.credentials);
    // What was refused is quoted from the data.
    await access.requireRead(entity, { what: 'registrations' }, { caller });
    return store.list(keyOf(entity), request);
  }

  async get(
    request: Path & { id: string },
    { caller }: Call,
  ): Promise<DatasetRegistration> {
    const { access, authorizer, catalog } = this.#deps;
    await authorizer.require({ caller, permission: mlDataReadPermission });
    const entity = await catalog.get(request, caller.credentials);
    await access.requireRead(entity, { what: 'registrations' }, { caller });
    return (await this.#find(entity, request.id)).registration;
  }

  /** Safe to call twice, and after the end. */
  async cancel(
    request: Path & { id: string },
    { caller }: Call,
  ): Promise<DatasetRegistration> {
    const { auditor, authorizer, catalog, store, runner, clock } = this.#deps;
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
        await authorizer.require({ caller, permission: mlDataWritePermission });
        const entity = await catalog.get(request, caller.credentials);
        await this.#requireOwner(entity, caller);
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

  /** The folders that the caller may register from. */
  async #rootsOf(caller: Call['caller']): Promise<Roots> {
    const { authorizer, roots } = this.#deps;
    if (!roots.roots.some(root => root.groups)) return roots;
    const groups = (await authorizer.groupsOf(caller)).map(ref =>
      ref.toLowerCase(),
    );
    return {
      ...roots,
      roots: roots.roots.filter(
        root =>
          !root.groups ||
          root.groups.some(group => groups.includes(group.toLowerCase())),
      ),
    };
  }

  async #requireOwner(entity: DatasetEntity, caller: Call['caller']) {
    const owner = ownerOf(entity);
    if (!owner) {
      throw new NotAllowedError(
        `${keyOf(
          entity,
        )} has no owner; set spec.owner to the group whose members may register versions`,
      );
    }
    await this.#deps.authorizer.require({
      caller,
      permission: mlDataWritePermission,
      owner,
    });
  }
}

/** How the entity says that its text is written. */
function dialectOf(entity: DatasetEntity): DatasetDialect {
  const {
    uri: _uri,
    format: _format,
    ...dialect
  } = entity.spec.location ?? { uri: '' };
  const parsed = datasetDialectSchema.safeParse(dialect);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const field = ['spec.location', ...path].join('.');
  throw new InputError(
    path[0] === 'encoding'
      ? `${field}: '${
          dialect.encoding
        }' is not known; allowed: ${textEncodings.join(', ')}`
      : `${field}: ${message}`,
  );
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
