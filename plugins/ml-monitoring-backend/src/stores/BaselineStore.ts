import {
  baselineColumnSchema,
  baselineSchema,
  type Baseline,
  type BaselineColumn,
} from '@downstage/plugin-ml-monitoring-common';
import { formatVersionRef, type VersionRef } from '@downstage/common';
import type { Knex } from 'knex';
import { z } from 'zod';

type BaselineRow = {
  id: string;
  model_ref: string;
  version: number;
  state: string;
  message: string;
  dataset_ref: string | null;
  rows: number | string | null;
  columns: string;
  attempts: number;
  created_at: string;
  ready_at: string | null;
};

const columnsSchema = z.array(baselineColumnSchema);

/** Baselines by version. */
export class BaselineStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Asks for a baseline; a version that has one already keeps it. Returns whether it is new. */
  async request(options: {
    modelRef: string;
    ref: VersionRef;
    at: string;
  }): Promise<boolean> {
    const { modelRef, ref, at } = options;
    const id = formatVersionRef(ref);
    if (await this.#knex('baselines').where({ id }).first('id')) return false;
    await this.#knex('baselines')
      .insert({
        id,
        model_ref: modelRef,
        version: ref.version,
        state: 'pending',
        message: 'Waiting to be frozen from the training data',
        columns: '[]',
        attempts: 0,
        created_at: at,
        next_reconcile_at: at,
      })
      .onConflict('id')
      .ignore();
    return true;
  }

  /** Those of these versions that have a baseline, in whatever state. */
  async among(ids: string[]): Promise<Set<string>> {
    if (!ids.length) return new Set();
    const rows: { id: string }[] = await this.#knex('baselines')
      .whereIn('id', ids)
      .select('id');
    return new Set(rows.map(({ id }) => id));
  }

  async get(id: string): Promise<Baseline | undefined> {
    const row: BaselineRow | undefined = await this.#knex('baselines')
      .where({ id })
      .first();
    return row && toBaseline(row);
  }

  async attempts(id: string): Promise<number> {
    const row = await this.#knex('baselines').where({ id }).first('attempts');
    return row?.attempts ?? 0;
  }

  /** What a frozen baseline leaves in its row; written with the lease. */
  frozen(options: {
    rows: number;
    columns: BaselineColumn[];
    datasetRef: string;
    message: string;
    at: string;
  }) {
    const { rows, columns, datasetRef, message, at } = options;
    return {
      state: 'ready',
      message,
      rows,
      columns: JSON.stringify(columns),
      dataset_ref: datasetRef,
      ready_at: at,
    };
  }

  /**
   * Adds the columns of the predictions to a baseline that has none.
   *
   * @remarks
   * The one thing that may be added to a frozen baseline, and only once: without predictions recorded at
   * training time, the first full window is what later ones are compared with.
   */
  async addPredictions(id: string, columns: BaselineColumn[]): Promise<void> {
    await this.#knex.transaction(async tx => {
      const row: BaselineRow | undefined = await tx('baselines')
        .where({ id })
        .first();
      if (!row) return;
      const before = row.columns;
      const known = columnsSchema.parse(JSON.parse(before));
      if (known.some(column => column.role === 'prediction')) return;
      await tx('baselines')
        .where({ id, columns: before })
        .update({ columns: JSON.stringify([...known, ...columns]) });
    });
  }
}

function toBaseline(row: BaselineRow): Baseline {
  return baselineSchema.parse({
    modelRef: row.model_ref,
    version: row.version,
    versionRef: row.id,
    state: row.state,
    message: row.message,
    datasetRef: row.dataset_ref ?? undefined,
    rows: row.rows === null ? undefined : Number(row.rows),
    columns: JSON.parse(row.columns),
    createdAt: row.created_at,
    readyAt: row.ready_at ?? undefined,
  });
}
