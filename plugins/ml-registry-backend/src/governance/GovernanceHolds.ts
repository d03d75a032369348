import type { Knex } from 'knex';
import {
  defaultPolicy,
  isPolicyTag,
  type GovernancePolicy,
} from '../versions/domain/policy';
import type { Database } from '../kernel/database/database';
import { openPromotionStates } from '../versions/domain/openPromotionStates';
import { StageRefusedError } from '../kernel/errors';
import type { VersionHolds } from '../versions/VersionHolds';

type Held = {
  name: string;
  version: number;
  stage: string;
  promotion?: string;
};

/** What stands in candidate or production, or waits for a decision, keeps what it was decided on. */
export class GovernanceHolds implements VersionHolds {
  readonly #knex: Knex;
  readonly policy: GovernancePolicy;

  constructor(options: { knex: Knex; policy?: GovernancePolicy }) {
    this.#knex = options.knex;
    this.policy = options.policy ?? defaultPolicy;
  }

  /**
   * Whether a model, or one version of it, may be deleted or renamed. Ask in the transaction that does it.
   *
   * @throws StageRefusedError which names what holds it
   */
  async refuseWhileHeld(
    db: Database,
    key: { name: string; version?: number },
    what: string,
  ): Promise<void> {
    const { name, version } = key;
    const held = await this.#held(db, {
      'model_versions.name': name,
      ...(version !== undefined && { 'model_versions.version': version }),
    });
    if (held) throw new StageRefusedError(refusal(held, what));
  }

  /** The same for what a version uses: its run, its logged model, its experiment. */
  async refuseWhileReferenced(
    what: { runId: string } | { modelId: string } | { experimentId: string },
    verb: string,
  ): Promise<void> {
    const held = await this.#held(this.#knex, columnOf(what));
    if (!held) return;
    throw new StageRefusedError(
      `${refusal(held, verb)}: what it was decided on stays`,
    );
  }

  /** Tags under policy are part of what was approved. */
  async refuseTag(
    db: Database,
    tag: { name: string; version?: number; key: string },
  ): Promise<void> {
    const { name, version, key } = tag;
    if (!isPolicyTag(key, this.policy)) return;
    const held: Held | undefined = await db('model_versions')
      .whereIn('stage', ['candidate', 'production'])
      .where({ name, ...(version !== undefined && { version }) })
      .first('name', 'version', 'stage');
    if (!held) return;
    throw new StageRefusedError(
      `The tag ${key} is under policy, and version ${held.version} of ${held.name} is in ${held.stage}: what was approved stays as it is. Register another version with the tag you want`,
    );
  }

  async #held(
    db: Database,
    where: Record<string, string | number>,
  ): Promise<Held | undefined> {
    return db('model_versions')
      .leftJoin('runs', 'runs.run_id', 'model_versions.run_id')
      .leftJoin('promotions', join =>
        join
          .on('promotions.name', 'model_versions.name')
          .andOn('promotions.version', 'model_versions.version')
          .andOnIn('promotions.state', openPromotionStates),
      )
      .where(where)
      .where(open =>
        open
          .whereIn('model_versions.stage', ['candidate', 'production'])
          .orWhereNotNull('promotions.id'),
      )
      .first(
        'model_versions.name',
        'model_versions.version',
        'model_versions.stage',
        'promotions.id as promotion',
      );
  }
}

function columnOf(
  what: { runId: string } | { modelId: string } | { experimentId: string },
): Record<string, string | number> {
  if ('runId' in what) return { 'model_versions.run_id': what.runId };
  if ('modelId' in what) return { 'model_versions.model_id': what.modelId };
  return { 'runs.experiment_id': Number(what.experimentId) };
}

function refusal({ name, version, stage, promotion }: Held, what: string) {
  const why =
    stage === 'candidate' || stage === 'production'
      ? `is in ${stage}`
      : `waits for the decision on promotion ${promotion}`;
  return `Version ${version} of ${name} ${why} and cannot be ${what}; ${
    stage === 'candidate' || stage === 'production'
      ? 'archive it first'
      : 'withdraw that first'
  }`;
}
