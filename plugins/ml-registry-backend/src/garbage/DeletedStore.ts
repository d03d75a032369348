import type { Knex } from 'knex';
import type { GarbageCandidate, StandingVersion } from './garbage';
import { folderOf } from '../kernel/artifactUri';
import { chunks, groupBy, optional } from '../kernel/database/database';

/** Runs, logged models and experiments that were deleted, and the versions that may need them. */
export class DeletedStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Deleted before, in milliseconds, or of an experiment that was. Those of one kind at most `limit`. */
  async candidates(before: number, limit: number): Promise<GarbageCandidate[]> {
    const runs = await this.#knex('runs')
      .where('lifecycle_stage', 'deleted')
      .where('deleted_time', '<', before)
      .orderBy('deleted_time')
      .limit(limit)
      .select('run_id', 'name', 'experiment_id', 'artifact_uri');
    const models = await this.#knex('logged_models')
      .join(
        'experiments',
        'experiments.experiment_id',
        'logged_models.experiment_id',
      )
      .where(query =>
        query
          .where(own =>
            own
              .where('logged_models.lifecycle_stage', 'deleted')
              .where('logged_models.last_updated_time', '<', before),
          )
          .orWhere(of =>
            of
              .where('experiments.lifecycle_stage', 'deleted')
              .where('experiments.last_update_time', '<', before),
          ),
      )
      .limit(limit)
      .select(
        'model_id',
        'logged_models.name',
        'logged_models.experiment_id',
        'logged_models.artifact_location',
      );
    const experiments = await this.#knex('experiments')
      .where('lifecycle_stage', 'deleted')
      .where('last_update_time', '<', before)
      .whereNot('experiment_id', 0)
      .select('experiment_id', 'name');
    return [
      ...runs.map(row => ({
        kind: 'run' as const,
        ref: row.run_id,
        name: row.name,
        experimentId: String(row.experiment_id),
        folder: ownFolder(row.artifact_uri, row.run_id),
      })),
      ...models.map(row => ({
        kind: 'logged-model' as const,
        ref: row.model_id,
        name: row.name,
        experimentId: String(row.experiment_id),
        folder: ownFolder(row.artifact_location, row.model_id),
      })),
      ...experiments.map(row => ({
        kind: 'experiment' as const,
        ref: String(row.experiment_id),
        name: row.name,
        experimentId: String(row.experiment_id),
      })),
    ];
  }

  /** How many runs and logged models an experiment has, deleted ones included. */
  async countIn(experimentId: string): Promise<number> {
    const id = Number(experimentId);
    const [runs] = await this.#knex('runs')
      .where('experiment_id', id)
      .count('run_id as n');
    const [models] = await this.#knex('logged_models')
      .where('experiment_id', id)
      .count('model_id as n');
    return Number(runs.n) + Number(models.n);
  }

  /** Every version there is, and those deleted ones that are named. */
  async versions(
    held: { model: string; version: number; reason: string }[],
  ): Promise<StandingVersion[]> {
    const aliases = groupBy<{ name: string; version: number; alias: string }>(
      await this.#knex('registered_model_aliases'),
      row => `${row.name}@${row.version}`,
    );
    const columns = [
      'name',
      'version',
      'storage_location',
      'run_id',
      'model_id',
    ];
    const standing = await this.#knex('model_versions').select(columns);
    const reasons = new Map(
      held.map(({ model, version, reason }) => [`${model}@${version}`, reason]),
    );
    const names = [...new Set(held.map(({ model }) => model))];
    const deleted: VersionRow[] = [];
    for (const part of chunks(names)) {
      deleted.push(
        ...(await this.#knex('deleted_versions')
          .whereIn('name', part)
          .select(columns)),
      );
    }
    return [
      ...standing.map(row => toStanding(row, aliases)),
      ...deleted
        .filter(row => reasons.has(`${row.name}@${row.version}`))
        .map(row => ({
          ...toStanding(row, aliases),
          heldBecause: reasons.get(`${row.name}@${row.version}`),
        })),
    ];
  }

  /** Which of these folders belong to no run and no logged model. */
  async orphansAmong(
    folders: { folder: string; id: string }[],
  ): Promise<string[]> {
    const orphans: string[] = [];
    for (const part of chunks(folders)) {
      const ids = part.map(({ id }) => id);
      const known = new Set<string>();
      for (const row of await this.#knex('runs')
        .whereIn('run_id', ids)
        .select('run_id')) {
        known.add(row.run_id);
      }
      for (const row of await this.#knex('logged_models')
        .whereIn('model_id', ids)
        .select('model_id')) {
        known.add(row.model_id);
      }
      orphans.push(
        ...part.filter(({ id }) => !known.has(id)).map(({ folder }) => folder),
      );
    }
    return orphans;
  }

  /** Names of experiments, deleted ones included. */
  async experimentNames(ids: string[]): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (const part of chunks(ids.map(Number))) {
      const rows = await this.#knex('experiments')
        .whereIn('experiment_id', part)
        .select('experiment_id', 'name');
      for (const row of rows) names.set(String(row.experiment_id), row.name);
    }
    return names;
  }

  /** Deletes the rows, unless somebody restored it. False when there is nothing to delete (any more). */
  async deleteRows(
    tx: Knex.Transaction,
    { kind, ref }: Pick<GarbageCandidate, 'kind' | 'ref'>,
    before: number,
  ): Promise<boolean> {
    switch (kind) {
      case 'run':
        return (await deleteRun(tx, ref, before)) > 0;
      case 'logged-model':
        return (await deleteLoggedModel(tx, ref, before)) > 0;
      case 'experiment':
        return (await deleteExperiment(tx, Number(ref), before)) > 0;
      default:
        return true;
    }
  }
}

function deleteRun(
  tx: Knex.Transaction,
  runId: string,
  before: number,
): Promise<number> {
  return tx('runs')
    .where({ run_id: runId, lifecycle_stage: 'deleted' })
    .where('deleted_time', '<', before)
    .whereNotExists(
      tx('model_versions').where('model_versions.run_id', runId).select('name'),
    )
    .delete();
}

function deleteLoggedModel(
  tx: Knex.Transaction,
  modelId: string,
  before: number,
): Promise<number> {
  return tx('logged_models')
    .where('model_id', modelId)
    .where(query =>
      query
        .where(own =>
          own
            .where('lifecycle_stage', 'deleted')
            .where('last_updated_time', '<', before),
        )
        .orWhereIn(
          'experiment_id',
          tx('experiments')
            .where('lifecycle_stage', 'deleted')
            .where('last_update_time', '<', before)
            .select('experiment_id'),
        ),
    )
    .whereNotExists(
      tx('model_versions')
        .where('model_versions.model_id', modelId)
        .select('name'),
    )
    .delete();
}

async function deleteExperiment(
  tx: Knex.Transaction,
  experimentId: number,
  before: number,
): Promise<number> {
  const gone = tx('experiments')
    .where({ experiment_id: experimentId, lifecycle_stage: 'deleted' })
    .where('last_update_time', '<', before)
    .whereNotExists(
      tx('runs').where('runs.experiment_id', experimentId).select('run_id'),
    )
    .whereNotExists(
      tx('logged_models')
        .where('logged_models.experiment_id', experimentId)
        .select('model_id'),
    )
    .select('experiment_id');
  // Everything else of an experiment goes with it.
  await tx('traces').whereIn('experiment_id', gone.clone()).delete();
  return tx('experiments').whereIn('experiment_id', gone).delete();
}

type VersionRow = {
  name: string;
  version: number;
  storage_location: string;
  run_id: string | null;
  model_id: string | null;
};

/** The folder of an address, if it is really this thing's own. */
function ownFolder(address: string, id: string): string | undefined {
  const folder = folderOf(address);
  return folder?.split('/').at(-1) === id ? folder : undefined;
}

function toStanding(
  row: VersionRow,
  aliases: Map<string, { alias: string }[]>,
): StandingVersion {
  return {
    name: row.name,
    version: row.version,
    storageLocation: row.storage_location,
    runId: optional(row.run_id),
    modelId: optional(row.model_id),
    aliases: (aliases.get(`${row.name}@${row.version}`) ?? []).map(
      ({ alias }) => alias,
    ),
  };
}
