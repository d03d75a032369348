import type { Knex } from 'knex';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { ImportKind } from '@downstage/plugin-ml-registry-common';
import type { GovernancePolicy } from '../versions/domain/policy';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import type { ExperimentStore } from '../tracking/stores/ExperimentStore';
import type { ImportItem, ImportRecord, ImportStore } from './ImportStore';
import type { LoggedModelStore } from '../tracking/stores/LoggedModelStore';
import type { ModelStore } from '../versions/stores/ModelStore';
import type { RunDataStore } from '../tracking/stores/RunDataStore';
import type { RunStore } from '../tracking/stores/RunStore';
import type { StageStore } from '../versions/stores/StageStore';
import type { MlflowSource } from './MlflowSource';

/** The stores that an import writes to. */
export type ImportStores = {
  knex: Knex;
  imports: ImportStore;
  experiments: ExperimentStore;
  runs: RunStore;
  runData: RunDataStore;
  loggedModels: LoggedModelStore;
  models: ModelStore;
  stages: StageStore;
  artifacts: ArtifactStore;
  artifactRows: ArtifactRowStore;
  policy: GovernancePolicy;
  clock: () => Date;
  newId: () => string;
};

/** One import at work: where it reads, where it writes, and whether it should pause. */
export type Importing = ImportStores & {
  record: ImportRecord;
  source: MlflowSource;
  /** True when this step has had its time; everything done so far is kept. */
  spent: () => boolean;
};

/** A reason to leave one thing out and go on with the next. */
export class LeaveOut extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'LeaveOut';
  }
}

/**
 * Brings one thing over, unless it is here and has not changed. What it throws
 * as {@link LeaveOut} ends up in the report; everything else stops the step, and
 * the thing is taken up again.
 */
export async function bringOver(
  work: Importing,
  thing: { kind: ImportKind; sourceId: string; stamp?: string },
  bring: (known: ImportItem | undefined) => Promise<Partial<ImportItem>>,
): Promise<void> {
  const { imports, record, knex } = work;
  const { source, id: importId } = record;
  const known = await imports.findItem(source, thing.kind, thing.sourceId);
  // Without a stamp is what came over in part: the next import tries it again, as it does with what was left out.
  const isDone =
    known?.outcome === 'added' || known?.outcome === 'known'
      ? known.stamp === thing.stamp ||
        (!known.stamp && known.importId === importId)
      : known?.outcome === 'left-out' && known.importId === importId;
  if (known && isDone) {
    await imports.saw(source, known, importId);
    return;
  }
  const base = { ...thing, importId };
  try {
    const brought = await bring(known);
    await imports.saveItem(knex, source, {
      ...base,
      outcome: 'added',
      ...brought,
    });
  } catch (error) {
    if (!(error instanceof LeaveOut)) throw error;
    await imports.saveItem(knex, source, {
      ...base,
      // Items that came over earlier stay known.
      targetId: known?.targetId,
      outcome: 'left-out',
      reason: error.message,
    });
  }
}

/** Whether an earlier import brought all of a thing. */
export function cameWhole(known: ImportItem | undefined): boolean {
  return known?.outcome === 'added' && known.stamp !== undefined;
}

/** Tags that say what only this portal can know are not taken from elsewhere. */
export function foreignTags(
  tags: { key: string; value: string }[],
  limit: number,
): { key: string; value: string }[] {
  return tags
    .filter(({ key }) => key && key.length <= 250)
    .filter(({ key }) => !key.startsWith('downstage.'))
    .map(({ key, value }) => ({ key, value: value.slice(0, limit) }));
}
