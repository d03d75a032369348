import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type Call,
  type Caller,
} from '@downstage/node';
import {
  mlRegistryTrackPermission,
  type RunView,
} from '@downstage/plugin-ml-registry-common';
import { nameOfModelRef } from '../kernel/refs';
import type { PageRequest } from '../search/keyset';
import type { RunViewStore } from './RunViewStore';
import { noModel, type ModelReads } from '../access/ModelReads';
import type { RunReads } from '../access/RunReads';

/** Views of the runs table: everybody who may read sees them, who saved one may replace and delete it. */
export class RunViewService {
  readonly #authorizer: Authorizer;
  readonly #auditor: AuditorService;
  readonly #reads: Pick<ModelReads, 'sees' | 'requireAny'>;
  readonly #runReads: Pick<RunReads, 'sees'>;
  readonly #views: RunViewStore;
  readonly #clock: Clock;
  readonly #newId: NewId;

  constructor(options: {
    authorizer: Authorizer;
    auditor: AuditorService;
    modelReads: Pick<ModelReads, 'sees' | 'requireAny'>;
    reads: Pick<RunReads, 'sees'>;
    runViews: RunViewStore;
    clock: Clock;
    newId: NewId;
  }) {
    this.#authorizer = options.authorizer;
    this.#auditor = options.auditor;
    this.#reads = options.modelReads;
    this.#runReads = options.reads;
    this.#views = options.runViews;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  async list(
    request: { scope: string } & PageRequest,
    { caller }: Call,
  ): Promise<{ items: RunView[]; nextCursor?: string }> {
    await this.#requireScope(request.scope, caller);
    return this.#views.page(request.scope, request);
  }

  async save(
    view: { scope: string; name: string; state: string },
    { caller }: Call,
  ): Promise<RunView> {
    const createdBy = caller.actor;
    const { scope, name } = view;
    await this.#authorizer.require({
      caller,
      permission: mlRegistryTrackPermission,
      // A token that is bound to one model saves no views of another.
      ...(scope.startsWith('model:') && { model: scope }),
    });
    await this.#requireScope(scope, caller);
    return audited(
      this.#auditor,
      { eventId: 'run-view-save', caller, meta: { scope, name } },
      async () => {
        const saved = await this.#views.save({
          ...view,
          id: this.#newId(),
          createdBy,
          updatedAt: this.#clock().toISOString(),
        });
        if (saved?.createdBy !== createdBy) {
          throw new ConflictError(
            `There is a view '${name}' by ${saved?.createdBy} already; choose another name`,
          );
        }
        return saved;
      },
    );
  }

  async delete(id: string, { caller }: Call): Promise<{ id: string }> {
    const view = await this.#views.find(id);
    // Permission first: who may not write learns nothing about what exists.
    await this.#authorizer.require({
      caller,
      permission: mlRegistryTrackPermission,
      owner: view?.createdBy.startsWith('user:') ? view.createdBy : undefined,
    });
    if (!view) throw new NotFoundError(`No saved view ${id}`);
    await this.#requireScope(view.scope, caller);
    // A view that a group's token saved belongs to no group that could be asked for: the token or an administrator deletes it.
    const isOwn = view.createdBy === caller.actor;
    if (!isOwn && !view.createdBy.startsWith('user:')) {
      if (!(await this.#authorizer.isAdministrator(caller))) {
        throw new NotAllowedError(
          `The view '${view.name}' was saved by ${view.createdBy}, which alone may delete it, or an administrator`,
        );
      }
    }
    const { scope, name } = view;
    await audited(
      this.#auditor,
      { eventId: 'run-view-delete', caller, meta: { scope, name } },
      () => this.#views.delete(id),
    );
    return { id };
  }

  /** Views of a model or an experiment are for who may see it. */
  async #requireScope(scope: string, caller: Caller): Promise<void> {
    await this.#reads.requireAny(caller);
    const [kind, rest] = scope.split(/:(.*)/s);
    if (kind === 'experiment') {
      const seen = await this.#runReads.sees('experiments', rest, caller);
      if (!seen) throw new NotFoundError(`No experiment ${rest}`);
    }
    if (kind === 'model') {
      // A model has runs before it has versions.
      const name = nameOfModelRef(scope);
      if (!(await this.#reads.sees(name, caller))) throw noModel(name);
    }
  }
}
