import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { ReconcilePatch } from '@downstage/node';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { Needs } from './garbage';
import { versionRefOf } from '../kernel/refs';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import type { DeletedStore } from './DeletedStore';
import type { CollectionRow, GarbageStore, ItemRow } from './GarbageStore';
import type { ModelStore } from '../versions/stores/ModelStore';
import type { GarbageCandidates } from './GarbageCandidates';

const batch = 50;

/**
 * Deletes what was shown, a batch at a time: first the rows, then the files. Dying between the two is made good by
 * the next step, which finds the item with its rows deleted. Before each batch everybody who may need something is
 * asked again; when one cannot answer, the step fails and comes back.
 */
export class GarbageDeletion {
  readonly #deps: StepDeps;

  constructor(deps: StepDeps) {
    this.#deps = deps;
  }

  /** One batch of one collection. */
  async step(id: string): Promise<ReconcilePatch> {
    const { garbage, candidates, logger, clock } = this.#deps;
    const collection = await garbage.find(id);
    if (collection?.state !== 'collecting') return { next_reconcile_at: null };
    const items = await this.#next(id);
    if (!items.length) {
      return {
        state: 'done',
        finished_at: clock().toISOString(),
        next_reconcile_at: null,
      };
    }
    const needs = await candidates.needs();
    for (const item of items) {
      try {
        await this.#collect(collection, item, needs);
      } catch (error) {
        logger.warn(
          `Garbage ${id}: ${item.kind} ${
            item.ref
          } could not be deleted: ${stringifyError(error)}`,
        );
        await garbage.setItem(id, {
          ...item,
          state: 'failed',
          reason: error instanceof Error ? error.message : String(error),
        });
      }
    }
    return { next_reconcile_at: clock().toISOString() };
  }

  /** Experiments last: they go when they are empty. */
  async #next(id: string): Promise<ItemRow[]> {
    const { garbage } = this.#deps;
    const states: ItemRow['state'][] = ['shown', 'rows-deleted'];
    for (const experiments of [false, true]) {
      const items = await garbage.items(id, {
        states,
        experiments,
        limit: batch,
      });
      if (items.length) return items;
    }
    return [];
  }

  async #collect(
    collection: CollectionRow,
    item: ItemRow,
    needs: Needs,
  ): Promise<void> {
    const { garbage, deleted, models, rows, store } = this.#deps;
    const keep = (reason: string) =>
      garbage.setItem(collection.id, { ...item, state: 'kept', reason });
    const reason = needs(item);
    if (reason) {
      await keep(reason);
      return;
    }
    if (item.state === 'shown') {
      const before = new Date(collection.deletedBefore).getTime();
      const gone = await models.transaction(async tx => {
        if (!(await deleted.deleteRows(tx, item, before))) return false;
        await garbage.setItem(
          collection.id,
          { ...item, state: 'rows-deleted', reason: undefined },
          tx,
        );
        return true;
      });
      if (!gone) {
        await keep('It was restored, or is needed again');
        return;
      }
    }
    if (item.folder) {
      // The last look: a version may have been registered from the folder a moment ago.
      const version = await models.findVersionAt(
        `mlflow-artifacts:/${item.folder}`,
      );
      if (version) {
        await keep(
          `Its files stay: ${versionRefOf(
            version.name,
            version.version,
          )} uses them`,
        );
        return;
      }
      await store.delete(item.folder);
      await rows.delete(item.folder);
    }
    await garbage.setItem(collection.id, {
      ...item,
      state: 'deleted',
      reason: undefined,
    });
  }
}

type StepDeps = {
  candidates: GarbageCandidates;
  garbage: GarbageStore;
  deleted: DeletedStore;
  models: ModelStore;
  rows: ArtifactRowStore;
  store: ArtifactStore;
  logger: LoggerService;
  clock: Clock;
};
