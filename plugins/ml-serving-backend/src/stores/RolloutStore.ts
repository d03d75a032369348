import { commitWithLease, dueFrom, type Lease } from '@downstage/node';
import {
  rolloutStates,
  servedVariantSchema,
  type Rollout,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import type { Knex } from 'knex';
import { z } from 'zod';

export type RolloutRecord = Rollout & {
  id: string;
  endpointId: string;
  /** When last looked at, a version of it could not be loaded. */
  loadFailed: boolean;
};

const optionalText = z
  .string()
  .nullable()
  .transform(value => value ?? undefined);
const variantsOf = (text: string) =>
  z.array(servedVariantSchema).parse(JSON.parse(text));

const rowSchema = z
  .object({
    id: z.string(),
    endpoint_id: z.string(),
    number: z.number(),
    state: z.enum(rolloutStates),
    from_variants: z.string(),
    to_variants: z.string(),
    started_by: optionalText,
    reason: z.string(),
    message: z.string(),
    load_failed: z.union([z.boolean(), z.number()]).transform(Boolean),
    started_at: z.string(),
    ended_at: optionalText,
  })
  .transform(
    (row): RolloutRecord => ({
      id: row.id,
      endpointId: row.endpoint_id,
      number: row.number,
      state: row.state,
      from: variantsOf(row.from_variants),
      to: variantsOf(row.to_variants),
      ...(row.started_by !== undefined && { startedBy: row.started_by }),
      reason: row.reason,
      message: row.message,
      loadFailed: row.load_failed,
      startedAt: row.started_at,
      ...(row.ended_at !== undefined && { endedAt: row.ended_at }),
    }),
  );

/** Changes of what answers behind endpoints, and what they make of it. */
export class RolloutStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async find(id: string): Promise<RolloutRecord | undefined> {
    const row = await this.#knex('rollouts').where({ id }).first();
    return row && rowSchema.parse(row);
  }

  /** Newest first. */
  async list(
    endpointId: string,
    { limit, before }: { limit: number; before?: number },
  ): Promise<RolloutRecord[]> {
    const select = this.#knex('rollouts')
      .where({ endpoint_id: endpointId })
      .orderBy('number', 'desc')
      .limit(limit);
    if (before !== undefined) select.where('number', '<', before);
    return (await select).map(row => rowSchema.parse(row));
  }

  /**
   * Begins a rollout together with the desired state that asks for it, and ends the one that ran.
   *
   * @param lease - of the endpoint: a holder that lost it begins nothing
   * @returns whether the lease was still ours
   */
  async begin(
    lease: Lease,
    rollout: {
      desired: { wantedVersion: number | undefined; generation: number };
      from: readonly ServedVariant[];
      to: readonly ServedVariant[];
      /** Whether the one that runs has come to its end already. */
      isThrough: boolean;
      startedBy: string | undefined;
      reason: string;
      message: string;
      at: string;
    },
  ): Promise<boolean> {
    const { desired, from, to, isThrough } = rollout;
    const { startedBy, reason, message, at } = rollout;
    const ofEndpoint = { endpoint_id: lease.id };
    return this.#knex.transaction(async tx => {
      const isOurs = await commitWithLease(tx, {
        table: 'endpoints',
        lease,
        patch: {
          wanted_version: desired.wantedVersion ?? null,
          generation: desired.generation,
        },
      });
      if (!isOurs) return false;
      const ended = { ended_at: at, next_reconcile_at: null, ticket: null };
      const running = () =>
        tx('rollouts').where(ofEndpoint).whereNull('ended_at');
      if (isThrough) {
        await running().update({
          ...ended,
          state: 'succeeded',
          load_failed: false,
          message: 'It answered when the next one began',
        });
      }
      await running()
        .where({ load_failed: true })
        .update({ ...ended, state: 'failed' });
      await running().update({
        ...ended,
        state: 'superseded',
        message: 'Another rollout took its place before it was through',
      });
      const [last] = await tx('rollouts')
        .where(ofEndpoint)
        .max({ number: 'number' });
      const number = Number(last.number ?? 0) + 1;
      await tx('rollouts').insert({
        id: `${lease.id}#${number}`,
        ...ofEndpoint,
        number,
        state: 'running',
        from_variants: JSON.stringify(from),
        to_variants: JSON.stringify(to),
        started_by: startedBy ?? null,
        reason,
        message,
        started_at: at,
        next_reconcile_at: at,
      });
      return true;
    });
  }

  /**
   * Makes a set of variants the one that the engine is told, and the endpoint due.
   *
   * @returns whether the lease was still ours
   */
  async assign(
    lease: Lease,
    assigned: {
      endpointId: string;
      variants: readonly ServedVariant[];
      /** The version to keep loaded for the way back. */
      keep: number | undefined;
      at: string;
    },
  ): Promise<boolean> {
    const { endpointId, variants, keep, at } = assigned;
    const ofEndpoint = { endpoint_id: endpointId };
    return this.#knex.transaction(async tx => {
      await holdEndpoint(tx, endpointId);
      const isOurs = await commitWithLease(tx, {
        table: 'rollouts',
        lease,
        // Nothing changes; the row is held until the rest is written.
        patch: { ticket: lease.ticket },
      });
      if (!isOurs) return false;
      await tx('endpoint_variants').where(ofEndpoint).delete();
      await tx('endpoint_variants').insert(
        variants.map(({ name, version, weight, mode }) => ({
          ...ofEndpoint,
          variant: name,
          version,
          weight,
          mode,
        })),
      );
      await tx('endpoint_versions')
        .where(ofEndpoint)
        .update({ kept_for_rollback: false });
      if (keep !== undefined) {
        await tx('endpoint_versions')
          .where({ ...ofEndpoint, version: keep })
          .update({ kept_for_rollback: true });
      }
      await this.#endpointDue(tx, endpointId, at);
      return true;
    });
  }

  /**
   * Writes down how a rollout stands, and when to look again. One that was made due meanwhile stays due.
   *
   * @returns whether the lease was still ours
   */
  async keepStanding(
    lease: Lease,
    standing: {
      message: string;
      loadFailed: boolean;
      lookAt: string;
      at: string;
    },
  ): Promise<boolean> {
    const { message, loadFailed, lookAt, at } = standing;
    return commitWithLease(this.#knex, {
      table: 'rollouts',
      lease,
      patch: {
        message,
        load_failed: loadFailed,
        next_reconcile_at: this.#knex.raw(
          'CASE WHEN next_reconcile_at <= ? THEN next_reconcile_at ELSE ? END',
          [at, lookAt],
        ),
      },
    });
  }

  /**
   * Ends a rollout that is through, and makes the endpoint due.
   *
   * @returns whether the lease was still ours
   */
  async finish(
    lease: Lease,
    end: { endpointId: string; message: string; at: string },
  ): Promise<boolean> {
    const { endpointId, message, at } = end;
    return this.#knex.transaction(async tx => {
      await holdEndpoint(tx, endpointId);
      const isOurs = await commitWithLease(tx, {
        table: 'rollouts',
        lease,
        patch: {
          state: 'succeeded',
          message,
          load_failed: false,
          ended_at: at,
          next_reconcile_at: null,
          ticket: null,
        },
      });
      if (isOurs) await this.#endpointDue(tx, endpointId, at);
      return isOurs;
    });
  }

  /** The view of a step of the endpoint is older than this, so its result is dropped. */
  async #endpointDue(tx: Knex.Transaction, id: string, at: string) {
    await tx('endpoints').where({ id }).update(dueFrom(at));
  }
}

/** Rows of endpoints are held before those of rollouts, by all who write both: nobody waits in a circle. */
async function holdEndpoint(tx: Knex.Transaction, id: string) {
  const select = tx('endpoints').where({ id }).first('id');
  if (String(tx.client.config.client) === 'pg') select.forUpdate();
  await select;
}
