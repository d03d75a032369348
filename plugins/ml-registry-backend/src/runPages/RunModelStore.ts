import type { Knex } from 'knex';
import {
  inOrder,
  readPage,
  wholeOnce,
  type PageRequest,
} from '../search/keyset';
import { groupBy, toNumber } from '../kernel/database/database';

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

  /** In the order in which they were logged. */
  async ofRun(
    runId: string,
    { cursor, limit = wholeOnce }: PageRequest,
  ): Promise<{ models: LinkedModel[]; nextCursor?: string }> {
    const { rows, nextPageToken } = await readPage<{
      model_id: string;
      name: string;
      direction: string;
      status: string;
      step: number | string;
      creation_time: number | string;
    }>({
      database: this.#knex,
      query: this.#knex('run_models')
        .join(
          'logged_models',
          'logged_models.model_id',
          '=',
          'run_models.model_id',
        )
        .select('logged_models.model_id', 'logged_models.name', 'direction')
        .select('status', 'step', 'creation_time')
        .where('run_models.run_id', runId),
      terms: inOrder([
        'logged_models.creation_time',
        'logged_models.model_id',
        'run_models.direction',
      ]),
      pageToken: cursor,
      limit,
    });
    const registered: { model_id: string; name: string; version: number }[] =
      await this.#knex('model_versions')
        .select('model_id', 'name', 'version')
        .whereIn(
          'model_id',
          rows.map(row => row.model_id),
        )
        .orderBy(['name', 'version']);
    const versions = groupBy(registered, row => row.model_id);
    const models = rows.map(row => ({
      modelId: row.model_id,
      name: row.name,
      direction: directionOf(row.direction),
      status: row.status,
      step: toNumber(row.step),
      creationTime: toNumber(row.creation_time),
      versions: (versions.get(row.model_id) ?? []).map(({ name, version }) => ({
        name,
        version,
      })),
    }));
    return { models, nextCursor: nextPageToken };
  }
}

function directionOf(word: string): LinkedModel['direction'] {
  return word === 'input' ? 'input' : 'output';
}
