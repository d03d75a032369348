import { NotFoundError } from '@backstage/errors';
import {
  labelValueSchema,
  type LabelReceipt,
  type LabelValue,
} from '@downstage/plugin-ml-monitoring-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import {
  distinctLabels,
  labelKey,
  planLabels,
  type KnownLabel,
  type LabelKey,
  type LabelPlan,
  type SentLabel,
} from './planLabels';

/** Labels that one statement names: SQLite takes so many values at once. */
const AT_ONCE = 500;

const labelSchema = z
  .string()
  .transform(text => labelValueSchema.parse(JSON.parse(text)));

const currentSchema = z.object({
  request_id: z.string(),
  row: z.number(),
  revision: z.number(),
  label: labelSchema,
  at: z.string(),
});

const highestSchema = z.object({
  request_id: z.string(),
  row: z.number(),
  revision: z.coerce.number(),
});

const sentSchema = z.object({
  request_id: z.string(),
  row: z.number(),
  label: labelSchema,
  at: z.string(),
});

/** Labels of predictions. Received labels stay until retention removes them; of each prediction one counts. */
export class LabelStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * Takes a batch, all or nothing. The same batch twice is one.
   *
   * @throws InputError where two labels of one prediction differ, ConflictError where one has too many revisions
   *
   * @remarks
   * Batches of one model are written one after another: on PostgreSQL they wait for the row of its first monitor.
   */
  async save(batch: {
    modelRef: string;
    labels: readonly SentLabel[];
    source: string;
    now: string;
  }): Promise<LabelReceipt> {
    const { modelRef, labels, source, now } = batch;
    const distinct = distinctLabels(labels);
    return this.#knex.transaction(async tx => {
      const first = tx('monitors').where({ id: modelRef });
      if (String(this.#knex.client.config.client) === 'pg') first.forUpdate();
      if (!(await first.first('id'))) {
        throw new NotFoundError(`${modelRef} is not watched any more`);
      }
      const known = await this.#known(tx, modelRef, distinct);
      const plan = planLabels(distinct, known, now);
      await this.#write(tx, plan, { modelRef, source, now });
      const { receipt } = plan;
      const again = labels.length - distinct.length;
      return {
        ...receipt,
        received: labels.length,
        unchanged: receipt.unchanged + again,
      };
    });
  }

  /** The labels that count, of these predictions, by prediction id. Predictions without one are left out. */
  async current(
    modelRef: string,
    predictionIds: readonly string[],
  ): Promise<Map<string, LabelValue>> {
    const wanted = predictionIds.flatMap(id => splitPredictionId(id) ?? []);
    const found = await this.#current(this.#knex, modelRef, wanted);
    return new Map(found.map(one => [labelKey(one), one.label]));
  }

  /** How many labels that count came since a time, up to `atMost`: nobody asks how many more there are. */
  async countSince(
    modelRef: string,
    options: { since?: string; atMost: number },
  ): Promise<number> {
    const { since, atMost } = options;
    const some = this.#knex('labels')
      .where({ model_ref: modelRef })
      .whereNull('superseded_at')
      .select('revision')
      .limit(atMost);
    if (since !== undefined) some.where('received_at', '>=', since);
    const [{ count }]: { count: number | string }[] = await this.#knex
      .from(some.as('some'))
      .count({ count: '*' });
    return Number(count);
  }

  /** Removes labels that were received before a time: the oldest, up to `atMost`. Answers how many. */
  async prune(before: string, atMost: number): Promise<number> {
    const key = ['model_ref', 'request_id', 'row', 'revision'];
    return this.#knex('labels')
      .whereIn(
        key,
        this.#knex('labels')
          .where('received_at', '<', before)
          .orderBy('received_at')
          .limit(atMost)
          .select(key),
      )
      .delete();
  }

  /** What a plan needs to know, by three statements for each part of a batch. Histories are not read. */
  async #known(
    tx: Knex.Transaction,
    modelRef: string,
    sent: readonly SentLabel[],
  ): Promise<KnownLabel[]> {
    const known = new Map<string, KnownLabel>();
    for (const part of partsOf(sent)) {
      const rows = await this.#of(tx, modelRef, part)
        .groupBy('request_id', 'row')
        .select('request_id', 'row')
        .max({ revision: 'revision' });
      for (const value of rows) {
        const {
          request_id: requestId,
          row,
          revision,
        } = highestSchema.parse(value);
        const one = { requestId, row, revision };
        known.set(labelKey(one), one);
      }
    }
    const counting = await this.#current(tx, modelRef, sent);
    for (const current of counting) {
      const one = known.get(labelKey(current));
      if (one) one.current = current;
    }
    // Only another value with a time may be an older batch, sent again.
    const doubtful = sent.filter(label => {
      const one = known.get(labelKey(label));
      return (
        one && label.at !== undefined && one.current?.label !== label.label
      );
    });
    for (const part of partsOf(doubtful)) {
      const rows = await tx('labels')
        .where({ model_ref: modelRef })
        .whereIn(
          ['request_id', 'row', 'at'],
          part.map(({ requestId, row, at = '' }) => [requestId, row, at]),
        )
        .select('request_id', 'row', 'label', 'at');
      for (const value of rows) {
        const {
          request_id: requestId,
          row,
          ...before
        } = sentSchema.parse(value);
        const one = known.get(labelKey({ requestId, row }));
        if (one) one.sentBefore = [...(one.sentBefore ?? []), before];
      }
    }
    return [...known.values()];
  }

  /** The rows that count. */
  async #current(
    knex: Knex,
    modelRef: string,
    wanted: readonly LabelKey[],
  ): Promise<(LabelKey & NonNullable<KnownLabel['current']>)[]> {
    const found = [];
    for (const part of partsOf(wanted)) {
      const rows = await this.#of(knex, modelRef, part)
        .whereNull('superseded_at')
        .select('request_id', 'row', 'revision', 'label', 'at');
      for (const value of rows) {
        const { request_id: requestId, ...rest } = currentSchema.parse(value);
        found.push({ requestId, ...rest });
      }
    }
    return found;
  }

  #of(
    knex: Knex,
    modelRef: string,
    part: readonly LabelKey[],
  ): Knex.QueryBuilder {
    return knex('labels')
      .where({ model_ref: modelRef })
      .whereIn(
        ['request_id', 'row'],
        part.map(({ requestId, row }) => [requestId, row]),
      );
  }

  async #write(
    tx: Knex.Transaction,
    { insert, supersede }: LabelPlan,
    facts: { modelRef: string; source: string; now: string },
  ): Promise<void> {
    const { modelRef, source, now } = facts;
    for (const part of partsOf(supersede)) {
      await tx('labels')
        .where({ model_ref: modelRef })
        .whereIn(
          ['request_id', 'row', 'revision'],
          part.map(({ requestId, row, revision }) => [
            requestId,
            row,
            revision,
          ]),
        )
        .update({ superseded_at: now });
    }
    await tx.batchInsert(
      'labels',
      insert.map(({ requestId, row, revision, label, at, counts }) => ({
        model_ref: modelRef,
        request_id: requestId,
        row,
        revision,
        label: JSON.stringify(label),
        at,
        received_at: now,
        source,
        superseded_at: counts ? null : now,
      })),
      AT_ONCE,
    );
  }
}

function* partsOf<T>(all: readonly T[]): Generator<T[]> {
  for (let from = 0; from < all.length; from += AT_ONCE) {
    yield all.slice(from, from + AT_ONCE);
  }
}

/** The id of the answer and the row, of a prediction id as the log spells it. */
export function splitPredictionId(id: string): LabelKey | undefined {
  const [, requestId, row] = /^([^/]+)\/(\d{1,9})$/.exec(id) ?? [];
  return requestId === undefined ? undefined : { requestId, row: Number(row) };
}
