import type { Knex } from 'knex';
import { groupBy, toNumber } from './database';

export type LinkedModel = {
  modelId: string;
  name: string;
  direction: 'input' | 'output';
  status: string;
  step: number;
  creationTime: number;
  versions: { name: string; version: number }[];
};

/** The logged models of a run, with the versions that were registered from them. */
export class RunModelStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async ofRun(runId: string): Promise<LinkedModel[]> {
    const rows: {
      model_id: string;
      name: string;
      direction: string;
      status: string;
      step: number | string;
      creation_time: number | string;
    }[] = await this.#knex('run_models')
      .join(
        'logged_models',
        'logged_models.model_id',
        '=',
        'run_models.model_id',
      )
      .select('logged_models.model_id', 'logged_models.name', 'direction')
      .select('status', 'step', 'creation_time')
      .where('run_models.run_id', runId)
      .orderBy(['creation_time', 'logged_models.model_id'])
      .limit(500);
    const registered: { model_id: string; name: string; version: number }[] =
      await this.#knex('model_versions')
        .select('model_id', 'name', 'version')
        .whereIn(
          'model_id',
          rows.map(row => row.model_id),
        )
        .orderBy(['name', 'version']);
    const versions = groupBy(registered, row => row.model_id);
    return rows.map(row => ({
      modelId: row.model_id,
      name: row.name,
      direction: row.direction === 'input' ? 'input' : 'output',
      status: row.status,
      step: toNumber(row.step),
      creationTime: toNumber(row.creation_time),
      versions: (versions.get(row.model_id) ?? []).map(({ name, version }) => ({
        name,
        version,
      })),
    }));
  }
}
