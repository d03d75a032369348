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
  mlRegistryCollectGarbagePermission,
  type GarbageCollection,
} from '@downstage/plugin-ml-registry-common';
import type { PageRequest } from '../search/keyset';
import type { DeletedStore } from './DeletedStore';
import type { CollectionRow, GarbageStore } from './GarbageStore';
import type { GarbageCandidates } from './GarbageCandidates';

const mostShown = 500;
/** A list of yesterday is too old to be agreed to. */
const validMs = 24 * 3_600_000;

/**
 * Deletes for good what was deleted longer ago than the retention and nothing needs. First it shows what that
 * would be; only what was shown is deleted afterwards, and of that only what is not needed by then.
 */
export class GarbageService {
  readonly #deps: GarbageDeps;

  constructor(deps: GarbageDeps) {
    this.#deps = deps;
  }

  /** Looks what would go. Nothing is deleted; the look is kept, so that just this can be agreed to. */
  async preview(_request: {}, { caller }: Call): Promise<GarbageCollection> {
    const { auditor, clock, newId, candidates, garbage } = this.#deps;
    await this.#require(caller);
    const { actor } = caller;
    const now = clock();
    const before = new Date(now.getTime() - this.#deps.retentionMs);
    const id = newId();
    await audited(
      auditor,
      { eventId: 'garbage-preview', caller, meta: { actor, id } },
      async () => {
        const { items, kept } = await candidates.find(before.getTime());
        await garbage.insert(
          {
            id,
            createdBy: actor,
            createdAt: now.toISOString(),
            deletedBefore: before.toISOString(),
            kept,
          },
          items,
        );
      },
    );
    return this.#view(await this.#find(id));
  }

  /**
   * Begins to delete what was shown; the work goes on by itself, also after a crash.
   *
   * @throws ConflictError when it was begun already, or shown more than a day ago
   */
  async collect(id: string, { caller }: Call): Promise<GarbageCollection> {
    const { auditor, clock, garbage, onDue } = this.#deps;
    await this.#require(caller);
    const { actor } = caller;
    const now = clock();
    await audited(
      auditor,
      {
        eventId: 'garbage-collect',
        caller,
        severityLevel: 'high',
        meta: { actor, id },
      },
      async () => {
        const { createdAt, collectedBy } = await this.#find(id);
        if (now.getTime() - new Date(createdAt).getTime() > validMs) {
          throw new ConflictError(
            `What ${id} shows is more than a day old; look again, and collect that`,
          );
        }
        if (!(await garbage.begin(id, { by: actor, at: now.toISOString() }))) {
          throw new ConflictError(
            `${id} was collected already${
              collectedBy ? ` by ${collectedBy}` : ''
            }; look again for what is left`,
          );
        }
      },
    );
    onDue();
    return this.#view(await this.#find(id));
  }

  async get(id: string, { caller }: Call): Promise<GarbageCollection> {
    await this.#require(caller);
    return this.#view(await this.#find(id));
  }

  async list(request: PageRequest, { caller }: Call) {
    await this.#require(caller);
    const { garbage } = this.#deps;
    const { collections, nextCursor } = await garbage.page(request);
    const sums = await garbage.sums(collections.map(({ id }) => id));
    return {
      items: collections.map(row =>
        this.#sumUp(
          row,
          sums.filter(({ collectionId }) => collectionId === row.id),
        ),
      ),
      nextCursor,
    };
  }

  async #require(caller: Caller): Promise<void> {
    const { authorizer } = this.#deps;
    await authorizer.require({
      caller,
      permission: mlRegistryCollectGarbagePermission,
    });
    if (await authorizer.isAdministrator(caller)) return;
    throw new NotAllowedError(
      `${caller.actor} may not delete runs and files for good: that is for members of downstage.administrators`,
    );
  }

  async #find(id: string): Promise<CollectionRow> {
    const row = await this.#deps.garbage.find(id);
    if (row) return row;
    throw new NotFoundError(`There is no look at garbage ${id}; look first`);
  }

  async #view(row: CollectionRow): Promise<GarbageCollection> {
    const { garbage, deleted } = this.#deps;
    const sums = await garbage.sums([row.id]);
    const ids = [...new Set(sums.map(({ experimentId }) => experimentId))];
    const names = await deleted.experimentNames(ids);
    const items = await garbage.items(row.id, { limit: mostShown });
    return {
      ...this.#sumUp(row, sums),
      experiments: ids
        .map(experimentId => ({
          experimentId,
          name: names.get(experimentId) ?? experimentId,
          ...total(sums.filter(sum => sum.experimentId === experimentId)),
        }))
        .sort((a, b) => b.bytes - a.bytes),
      items: items.map(({ folder: _folder, ...item }) => item),
      kept: row.kept.slice(0, mostShown),
    };
  }

  #sumUp(
    { kept, ...row }: CollectionRow,
    sums: Awaited<ReturnType<GarbageStore['sums']>>,
  ) {
    const all = total(sums);
    const of = (...states: string[]) =>
      total(sums.filter(({ state }) => states.includes(state)));
    return {
      ...row,
      itemCount: all.items,
      files: all.files,
      bytes: all.bytes,
      deleted: of('deleted').items,
      deletedBytes: of('deleted').bytes,
      keptAfterAll: of('kept').items,
      failed: of('failed').items,
      keptCount: kept.length,
    };
  }
}

function total(sums: { items: number; files: number; bytes: number }[]) {
  const sum = { items: 0, files: 0, bytes: 0 };
  for (const { items, files, bytes } of sums) {
    sum.items += items;
    sum.files += files;
    sum.bytes += bytes;
  }
  return sum;
}

type GarbageDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  clock: Clock;
  newId: NewId;
  candidates: GarbageCandidates;
  garbage: GarbageStore;
  deleted: DeletedStore;
  retentionMs: number;
  /** Told when there is something to delete. */
  onDue: () => void;
};
