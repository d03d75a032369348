import type { AuditorService } from '@backstage/backend-plugin-api';
import { ConflictError, NotFoundError } from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import { audited, type Authorizer, type Call } from '@downstage/node';
import {
  mlRegistryReadPermission,
  mlRegistryTrackPermission,
  type RunView,
} from '@downstage/plugin-ml-registry-common';
import type { RunViewStore } from '../stores/RunViewStore';

/** Views of the runs table: everybody who may read sees them, who saved one may replace and delete it. */
export class RunViewService {
  readonly #authorizer: Authorizer;
  readonly #auditor: AuditorService;
  readonly #views: RunViewStore;
  readonly #clock: Clock;
  readonly #newId: NewId;

  constructor(options: {
    authorizer: Authorizer;
    auditor: AuditorService;
    runViews: RunViewStore;
    clock: Clock;
    newId: NewId;
  }) {
    this.#authorizer = options.authorizer;
    this.#auditor = options.auditor;
    this.#views = options.runViews;
    this.#clock = options.clock;
    this.#newId = options.newId;
  }

  async list(scope: string, { caller }: Call): Promise<{ items: RunView[] }> {
    await this.#authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
    return { items: await this.#views.list(scope) };
  }

  async save(
    view: { scope: string; name: string; state: string },
    { caller }: Call,
  ): Promise<RunView> {
    await this.#authorizer.require({
      caller,
      permission: mlRegistryTrackPermission,
    });
    const createdBy = this.#authorizer.actor(caller);
    const { scope, name } = view;
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
    const { scope, name } = view;
    await audited(
      this.#auditor,
      { eventId: 'run-view-delete', caller, meta: { scope, name } },
      () => this.#views.delete(id),
    );
    return { id };
  }
}
