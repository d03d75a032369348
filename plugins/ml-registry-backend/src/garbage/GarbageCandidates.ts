import type {
  ArtifactEntry,
  ArtifactHolder,
  ArtifactStore,
  HeldVersion,
} from '@downstage/plugin-ml-registry-node';
import type { Kept } from '@downstage/plugin-ml-registry-common';
import { needsOf, type GarbageCandidate, type Needs } from './garbage';
import { nameOfModelRef } from '../kernel/refs';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import type { DeletedStore } from './DeletedStore';
import type { ItemRow } from './GarbageStore';

/** More is shown by the next look, after this one was collected. */
const mostOfAKind = 10_000;

/**
 * Finds what could be deleted for good, and what of it is needed.
 *
 * @remarks
 * Everything that a version uses is needed, whatever its stage and aliases. Everything that a holder, such as an
 * endpoint, says it uses is needed too, even if that version was deleted. When a holder cannot answer, nothing is
 * found: the error goes on.
 */
export class GarbageCandidates {
  readonly #store: ArtifactStore;
  readonly #rows: ArtifactRowStore;
  readonly #deleted: DeletedStore;
  readonly #holders: readonly ArtifactHolder[];

  constructor(options: {
    store: ArtifactStore;
    rows: ArtifactRowStore;
    deleted: DeletedStore;
    holders: readonly ArtifactHolder[];
  }) {
    this.#store = options.store;
    this.#rows = options.rows;
    this.#deleted = options.deleted;
    this.#holders = options.holders;
  }

  /** What versions and holders need right now. */
  async needs(): Promise<Needs> {
    const held: HeldVersion[] = [];
    for (const holder of this.#holders) {
      for (const version of await holder.heldVersions())
        held.push({ ...version, model: nameOfModelRef(version.model) });
    }
    return needsOf(await this.#deleted.versions(held));
  }

  async find(
    before: number,
  ): Promise<{ items: Omit<ItemRow, 'state'>[]; kept: Kept[] }> {
    const needs = await this.needs();
    const items: Omit<ItemRow, 'state'>[] = [];
    const kept: Kept[] = [];
    const going = new Map<string, number>();
    const candidates = [
      ...(await this.#deleted.candidates(before, mostOfAKind)),
      ...(await this.#orphans()),
    ];
    for (const candidate of candidates) {
      const { kind, ref, name, experimentId } = candidate;
      const reason = needs(candidate) ?? (await this.#inUse(candidate, going));
      if (reason) {
        kept.push({ kind, ref, name, experimentId, reason });
        continue;
      }
      if (kind === 'run' || kind === 'logged-model') {
        going.set(experimentId, (going.get(experimentId) ?? 0) + 1);
      }
      items.push({ ...candidate, ...(await this.#sizeOf(candidate)) });
    }
    return { items, kept };
  }

  /** An experiment goes when nothing stays in it. Runs and models come before experiments. */
  async #inUse(candidate: GarbageCandidate, going: Map<string, number>) {
    if (candidate.kind !== 'experiment') return undefined;
    const all = await this.#deleted.countIn(candidate.ref);
    const staying = all - (going.get(candidate.ref) ?? 0);
    if (!staying) return undefined;
    return `${staying} of its ${all} runs and logged models stay`;
  }

  async #sizeOf({ kind, folder }: GarbageCandidate) {
    if (!folder) return { files: 0, bytes: 0 };
    return kind === 'orphan'
      ? this.#measure(folder)
      : this.#rows.sizeBelow(folder);
  }

  /** Folders that look like those of a run or a logged model, and belong to none. */
  async #orphans(): Promise<GarbageCandidate[]> {
    const folders: { folder: string; id: string }[] = [];
    const idOf = ({ path }: ArtifactEntry) => path.split('/').at(-1) ?? '';
    const look = async (parent: string, pattern: RegExp) => {
      for (const entry of await this.#store.list(parent)) {
        const id = idOf(entry);
        if (entry.isDir && pattern.test(id))
          folders.push({ folder: entry.path, id });
      }
    };
    for (const entry of await this.#store.list('')) {
      if (!entry.isDir || !/^\d+$/.test(entry.path)) continue;
      await look(entry.path, /^[0-9a-f]{32}$/);
      await look(`${entry.path}/models`, /^m-[0-9a-f]{32}$/);
    }
    return (await this.#deleted.orphansAmong(folders)).map(folder => ({
      kind: 'orphan',
      ref: folder,
      name: folder,
      experimentId: folder.split('/')[0],
      folder,
    }));
  }

  async #measure(folder: string): Promise<{ files: number; bytes: number }> {
    const sum = { files: 0, bytes: 0 };
    for (const entry of await this.#store.list(folder)) {
      const inside = entry.isDir
        ? await this.#measure(entry.path)
        : { files: 1, bytes: entry.size ?? 0 };
      sum.files += inside.files;
      sum.bytes += inside.bytes;
    }
    return sum;
  }
}
