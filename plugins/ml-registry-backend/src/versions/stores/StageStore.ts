import type { JsonObject } from '@backstage/types';
import {
  mlRegistryErrorCodes,
  RegistryConflictError,
  stageAliases,
  type LedgerAction,
  type Stage,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { displacedTo } from '../domain/stages';
import { forUpdate, type Database } from '../../kernel/database/database';
import type { LedgerStore, NewLedgerEntry } from '../../ledger/LedgerStore';

export type StageMove = { version: number; from: Stage; to: Stage };

/**
 * The only writer of stages: a version's stage, the version that it displaces, the aliases and the ledger change together.
 */
export class StageStore {
  readonly #knex: Knex;
  readonly ledger: LedgerStore;

  constructor(knex: Knex, ledger: LedgerStore) {
    this.#knex = knex;
    this.ledger = ledger;
  }

  /** For reads that need no transaction. */
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
      action: LedgerAction;
      message: string;
      details?: JsonObject;
      /** Somebody went past a gate. */
      flagged?: boolean;
      /**
       * Nobody asked for it, as when gates pass: MLflow clients see neither another stage nor another time of change.
       */
      unasked?: boolean;
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
        .update({ stage: move.to, ...(!change.unasked && shown(move, now)) });
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
        ...(move.version === version && {
          details: change.details,
          flagged: change.flagged,
        }),
      });
    }
    await this.#moveAliases(tx, { name, moves });
    if (!change.unasked) {
      await tx('registered_models')
        .where({ name })
        .update({ last_updated_time: now.getTime() });
    }
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

  /** Writes into the ledger, in the caller's transaction. */
  async append(
    tx: Knex.Transaction,
    name: string,
    entry: NewLedgerEntry,
  ): Promise<void> {
    await this.ledger.append(tx, name, entry);
  }

  /** Archived versions that were in production, the latest one first. */
  async formerProduction(db: Database, name: string): Promise<number[]> {
    const rows: { version: number }[] = await db('model_versions')
      .where({ name, stage: 'archived' })
      .select('version');
    const archived = new Set(rows.map(({ version }) => version));
    const entered = await this.ledger.enteredProduction(db, name);
    return entered.filter(version => archived.has(version));
  }
}

function shown({ to }: StageMove, now: Date) {
  return { mlflow_stage: to, last_updated_time: now.getTime() };
}
