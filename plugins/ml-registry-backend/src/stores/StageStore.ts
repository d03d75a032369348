import {
  mlRegistryErrorCodes,
  RegistryConflictError,
  stageAliases,
  type HistoryEntry,
  type Stage,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { displacedTo } from '../domain/stages';
import { forUpdate, optional, optionalNumber, type Database } from './database';

export type StageMove = { version: number; from: Stage; to: Stage };

type HistoryRow = {
  id: number;
  at: string;
  actor: string;
  action: string;
  version: number | null;
  from_stage: string | null;
  to_stage: string | null;
  message: string;
};

/**
 * The only writer of stages: a version's stage, whoever it displaces, the aliases and the ledger change together.
 */
export class StageStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** For reads and appends that need no transaction. */
  get database(): Database {
    return this.#knex;
  }

  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  /** Holds the model until the transaction ends, so that two decisions about it come one after the other. */
  async lockModel(tx: Knex.Transaction, name: string): Promise<void> {
    await forUpdate(tx, tx('registered_models').where({ name }).select('name'));
  }

  /** The version that alone holds this stage. */
  async holderOf(
    db: Database,
    name: string,
    stage: Stage,
  ): Promise<number | undefined> {
    const row: { version: number } | undefined = await db('model_versions')
      .where({ name, stage })
      .orderBy('version', 'desc')
      .first('version');
    return row?.version;
  }

  async stageOf(
    db: Database,
    name: string,
    version: number,
  ): Promise<Stage | undefined> {
    const row: { stage: Stage } | undefined = await db('model_versions')
      .where({ name, version })
      .first('stage');
    return row?.stage;
  }

  /**
   * Brings a version into a stage. Call with the model locked.
   *
   * @returns every version that changed
   * @throws RegistryConflictError when a version was moved by somebody else, which undoes the whole transaction
   */
  async enter(
    tx: Knex.Transaction,
    change: {
      name: string;
      version: number;
      from: Stage;
      to: Stage;
      actor: string;
      action: string;
      message: string;
      now: Date;
    },
  ): Promise<StageMove[]> {
    const { name, version, from, to, now } = change;
    const moves: StageMove[] = [];
    const place = displacedTo[to];
    const holder = place && (await this.holderOf(tx, name, to));
    if (place && holder !== undefined && holder !== version) {
      moves.push({ version: holder, from: to, to: place });
    }
    moves.push({ version, from, to });
    for (const move of moves) {
      const changed = await tx('model_versions')
        .where({ name, version: move.version, stage: move.from })
        .update({ stage: move.to, last_updated_time: now.getTime() });
      if (changed !== 1) {
        throw new RegistryConflictError(
          mlRegistryErrorCodes.stageTransition,
          `Version ${move.version} of ${name} is not in ${move.from} any more: somebody else moved it`,
        );
      }
      await this.append(tx, name, {
        at: now.toISOString(),
        actor: change.actor,
        action: move.version === version ? change.action : 'replaced',
        version: move.version,
        from: move.from,
        to: move.to,
        message:
          move.version === version
            ? change.message
            : `Version ${version} took its place in ${to}`,
      });
    }
    await this.#moveAliases(tx, { name, moves });
    await tx('registered_models')
      .where({ name })
      .update({ last_updated_time: now.getTime() });
    return moves;
  }

  async #moveAliases(
    tx: Knex.Transaction,
    options: { name: string; moves: StageMove[] },
  ) {
    const { name, moves } = options;
    for (const [stage, alias] of Object.entries(stageAliases)) {
      for (const { version } of moves.filter(move => move.from === stage)) {
        await tx('registered_model_aliases')
          .where({ name, alias, version })
          .delete();
      }
      for (const { version } of moves.filter(move => move.to === stage)) {
        await tx('registered_model_aliases')
          .insert({ name, alias, version })
          .onConflict(['name', 'alias'])
          .merge(['version']);
      }
    }
  }

  async append(db: Database, name: string, entry: HistoryEntry): Promise<void> {
    await db('model_history').insert({
      name,
      at: entry.at,
      actor: entry.actor,
      action: entry.action,
      version: entry.version ?? null,
      from_stage: entry.from ?? null,
      to_stage: entry.to ?? null,
      message: entry.message,
    });
  }

  /** The ledger of a model, newest first. */
  async history(name: string): Promise<HistoryEntry[]> {
    const rows: HistoryRow[] = await this.#knex('model_history')
      .where({ name })
      .orderBy('id', 'desc')
      .limit(500);
    return rows.map(row => ({
      at: row.at,
      actor: row.actor,
      action: row.action,
      version: optionalNumber(row.version),
      from: optional(row.from_stage),
      to: optional(row.to_stage),
      message: row.message,
    }));
  }

  /** Archived versions that were in production, the latest one first. */
  async formerProduction(db: Database, name: string): Promise<number[]> {
    const rows: { version: number }[] = await db('model_history')
      .join('model_versions', builder =>
        builder
          .on('model_versions.name', 'model_history.name')
          .andOn('model_versions.version', 'model_history.version'),
      )
      .where({
        'model_history.name': name,
        'model_history.to_stage': 'production',
        'model_versions.stage': 'archived',
      })
      .orderBy('model_history.id', 'desc')
      .select('model_history.version');
    return [...new Set(rows.map(row => row.version))];
  }
}
