import {
  approvalRuleSchema,
  evidenceSchema,
  gateVerdictSchema,
  lapseSchema,
  promotionTargetSchema,
  type Approval,
  type ApprovalRule,
  type Evidence,
  type GateVerdict,
  type Lapse,
  type PromotionState,
  type PromotionTarget,
  type Stage,
  type Waiver,
} from '@downstage/plugin-ml-registry-common';
import { dueFrom } from '@downstage/node';
import type { Knex } from 'knex';
import type { Sql } from '../../kernel/database/sql';
import { z } from 'zod';
import { openPromotionStates } from '../../versions/domain/openPromotionStates';
import {
  inOrder,
  readPage,
  wholeOnce,
  type PageRequest,
} from '../../search/keyset';
import {
  groupBy,
  optional,
  optionalNumber,
  type Database,
} from '../../kernel/database/database';

export type PromotionRecord = {
  id: string;
  name: string;
  version: number;
  from: Stage;
  to: PromotionTarget;
  state: PromotionState;
  requestedBy: string;
  author?: string;
  owner: string;
  reason?: string;
  gates: GateVerdict[];
  evidence: Evidence;
  championVersion?: number;
  approvals: Approval[];
  approvalsNeeded: number;
  approvalRule?: ApprovalRule;
  /** All there ever were; `evidence` says which still count. */
  waivers: (Waiver & { evidence: string })[];
  lapses: Lapse[];
  message?: string;
  createdAt: string;
  decidedAt?: string;
};

type PromotionRow = {
  id: string;
  name: string;
  version: number;
  from_stage: Stage;
  to_stage: string;
  state: PromotionState;
  requested_by: string;
  author: string | null;
  owner: string;
  reason: string | null;
  gates: string;
  evidence: string;
  champion_version: number | null;
  approvals_needed: number;
  approval_rule: string | null;
  lapses: string;
  message: string | null;
  created_at: string;
  decided_at: string | null;
};

type ApprovalRow = {
  promotion_id: string;
  approved_by: string;
  approved_at: string;
  comment: string | null;
  roles: string | null;
};

type WaiverRow = {
  promotion_id: string;
  gate: string;
  evidence_digest: string;
  waived_by: string;
  waived_at: string;
  reason: string;
};

/** What may be written together with a new state. */
export type PromotionPatch = {
  gates?: GateVerdict[];
  message?: string;
  /** `null` takes the decision back. */
  decidedAt?: string | null;
  nextReconcileAt: string | null;
  evidence?: Evidence;
  championVersion?: number | null;
  approvalsNeeded?: number;
  approvalRule?: ApprovalRule;
};

const rolesSchema = z.array(z.string());
const lapsesSchema = z.array(lapseSchema);

export type PromotionFilter = {
  name?: string;
  version?: number;
  to?: PromotionTarget;
  states?: PromotionState[];
  where?: Sql[];
};

/** Promotions and their approvals. Every change of state names the state it starts from. */
export class PromotionStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  /** False when an open promotion of this version to this stage exists. */
  async insert(
    promotion: Omit<PromotionRecord, 'approvals' | 'waivers' | 'lapses'>,
    dueAt: string,
    db: Database = this.#knex,
  ): Promise<boolean> {
    const inserted = await db('promotions')
      .insert({
        id: promotion.id,
        name: promotion.name,
        version: promotion.version,
        from_stage: promotion.from,
        to_stage: promotion.to,
        state: promotion.state,
        requested_by: promotion.requestedBy,
        author: promotion.author ?? null,
        owner: promotion.owner,
        reason: promotion.reason ?? null,
        gates: JSON.stringify(promotion.gates),
        evidence: JSON.stringify(promotion.evidence),
        champion_version: promotion.championVersion ?? null,
        approvals_needed: promotion.approvalsNeeded,
        approval_rule: promotion.approvalRule
          ? JSON.stringify(promotion.approvalRule)
          : null,
        message: promotion.message ?? null,
        created_at: promotion.createdAt,
        next_reconcile_at: dueAt,
      })
      .onConflict()
      .ignore()
      .returning('id');
    return inserted.length === 1;
  }

  async find(
    id: string,
    db: Database = this.#knex,
  ): Promise<PromotionRecord | undefined> {
    const rows: PromotionRow[] = await db('promotions').where({ id });
    const [promotion] = await this.#withApprovals(rows, db);
    return promotion;
  }

  /** The newest of those that match. */
  async list(filter: PromotionFilter): Promise<PromotionRecord[]> {
    return (await this.page(filter, {})).promotions;
  }

  /** Newest first. */
  async page(
    filter: PromotionFilter,
    { cursor, limit = wholeOnce }: PageRequest,
  ): Promise<{ promotions: PromotionRecord[]; nextCursor?: string }> {
    const query = this.#knex('promotions').select('promotions.*');
    if (filter.name !== undefined) query.where('name', filter.name);
    if (filter.version !== undefined) query.where('version', filter.version);
    if (filter.to) query.where('to_stage', filter.to);
    if (filter.states) query.whereIn('state', filter.states);
    for (const { sql, bindings } of filter.where ?? []) {
      query.whereRaw(sql, bindings);
    }
    const page = await readPage<PromotionRow>({
      database: this.#knex,
      query,
      terms: inOrder(['promotions.created_at', 'promotions.id'], 'desc'),
      pageToken: cursor,
      limit,
    });
    return {
      promotions: await this.#withApprovals(page.rows, this.#knex),
      nextCursor: page.nextPageToken,
    };
  }

  /** How many promotions of each of these models wait for a decision. */
  async countOpen(names: string[]): Promise<Map<string, number>> {
    if (!names.length) return new Map();
    const rows: { name: string; count: number | string }[] = await this.#knex(
      'promotions',
    )
      .select('name')
      .count({ count: '*' })
      .whereIn('name', names)
      .whereIn('state', openPromotionStates)
      .groupBy('name');
    return new Map(rows.map(row => [row.name, Number(row.count)]));
  }

  /**
   * How many wait for this person: of a role of their rule, neither the one who asked nor the author, and without an
   * approval of theirs. Counted by the database for each rule, of which there are few.
   */
  async countWaitingFor(
    { person, roles }: { person: string; roles: string[] },
    where: Sql[],
  ): Promise<number> {
    const query: Knex.QueryBuilder = this.#knex('promotions')
      .select('owner', 'approval_rule')
      .count({ count: '*' })
      .where({ state: 'waiting-for-approval' })
      .whereNot({ requested_by: person })
      .where(other => other.whereNull('author').orWhereNot({ author: person }))
      .whereNotExists(
        this.#knex('promotion_approvals')
          .whereRaw('promotion_approvals.promotion_id = promotions.id')
          .where({ approved_by: person })
          .select('approved_by'),
      )
      .groupBy('owner', 'approval_rule');
    for (const { sql, bindings } of where) query.whereRaw(sql, bindings);
    const rows: {
      owner: string;
      approval_rule: string | null;
      count: number | string;
    }[] = await query;
    return rows
      .filter(({ owner, approval_rule: rule }) => {
        const named = rule
          ? approvalRuleSchema.parse(JSON.parse(rule)).roles
          : [];
        return (named.length ? named : [owner]).some(role =>
          roles.includes(role),
        );
      })
      .reduce((sum, { count }) => sum + Number(count), 0);
  }

  /** Moves on from a state; false when somebody else moved it first. */
  async move(
    change: { id: string; from: PromotionState; to: PromotionState },
    patch: PromotionPatch,
    db: Database = this.#knex,
  ): Promise<boolean> {
    const { id, from, to } = change;
    const changed = await db('promotions')
      .where({ id, state: from })
      .update({
        state: to,
        next_reconcile_at: patch.nextReconcileAt,
        ...(patch.gates && { gates: JSON.stringify(patch.gates) }),
        ...(patch.message !== undefined && { message: patch.message }),
        ...(patch.decidedAt !== undefined && { decided_at: patch.decidedAt }),
        ...(patch.evidence && { evidence: JSON.stringify(patch.evidence) }),
        ...(patch.championVersion !== undefined && {
          champion_version: patch.championVersion,
        }),
        ...(patch.approvalsNeeded !== undefined && {
          approvals_needed: patch.approvalsNeeded,
        }),
        ...(patch.approvalRule && {
          approval_rule: JSON.stringify(patch.approvalRule),
        }),
      });
    return changed === 1;
  }

  /** Has every open promotion of a model looked at again, because production changed under them. */
  async makeDue(tx: Knex.Transaction, name: string, now: Date): Promise<void> {
    await tx('promotions')
      .where({ name })
      .whereIn('state', openPromotionStates)
      .update(dueFrom(now.toISOString()));
  }

  /**
   * Adds an approval and makes the promotion due; one per person, a second is ignored. Nothing is written
   * when the promotion does not wait for approvals any more.
   */
  async approve(
    tx: Knex.Transaction,
    id: string,
    approval: Approval,
  ): Promise<'added' | 'known' | 'not-waiting'> {
    const waiting = await tx('promotions')
      .where({ id, state: 'waiting-for-approval' })
      .update(dueFrom(approval.at));
    if (waiting !== 1) return 'not-waiting';
    const person = { promotion_id: id, approved_by: approval.by };
    if (await tx('promotion_approvals').where(person).first()) return 'known';
    await tx('promotion_approvals').insert({
      ...person,
      approved_at: approval.at,
      comment: approval.comment ?? null,
      roles: JSON.stringify(approval.roles ?? []),
    });
    return 'added';
  }

  /** Keeps the approvals so far as lapsed, with what changed, and takes them away. Part of a move. */
  async lapse(tx: Knex.Transaction, id: string, lapse: Lapse): Promise<void> {
    const row: { lapses: string } | undefined = await tx('promotions')
      .where({ id })
      .first('lapses');
    const before = lapsesSchema.parse(JSON.parse(row?.lapses ?? '[]'));
    await tx('promotions')
      .where({ id })
      .update({ lapses: JSON.stringify([...before, lapse]) });
    await tx('promotion_approvals').where({ promotion_id: id }).delete();
  }

  /** Remembers a waiver for the evidence it was given on. A second one for the same changes nothing. */
  async waive(
    tx: Knex.Transaction,
    id: string,
    waiver: Waiver & { evidence: string },
  ): Promise<void> {
    await tx('promotion_waivers')
      .insert({
        promotion_id: id,
        gate: waiver.gate,
        evidence_digest: waiver.evidence,
        waived_by: waiver.by,
        waived_at: waiver.at,
        reason: waiver.reason,
      })
      .onConflict(['promotion_id', 'gate', 'evidence_digest'])
      .ignore();
  }

  async #withApprovals(
    rows: PromotionRow[],
    db: Database,
  ): Promise<PromotionRecord[]> {
    if (!rows.length) return [];
    const approvals: ApprovalRow[] = await db('promotion_approvals')
      .whereIn(
        'promotion_id',
        rows.map(row => row.id),
      )
      .orderBy('approved_at');
    const approvalsOf = groupBy(approvals, row => row.promotion_id);
    const waivers: WaiverRow[] = await db('promotion_waivers')
      .whereIn(
        'promotion_id',
        rows.map(row => row.id),
      )
      .orderBy('waived_at');
    const waiversOf = groupBy(waivers, row => row.promotion_id);
    return rows.map(row => ({
      id: row.id,
      name: row.name,
      version: row.version,
      from: row.from_stage,
      to: promotionTargetSchema.parse(row.to_stage),
      state: row.state,
      requestedBy: row.requested_by,
      author: optional(row.author),
      owner: row.owner,
      reason: optional(row.reason),
      gates: gateVerdictSchema.array().parse(JSON.parse(row.gates)),
      evidence: evidenceSchema.parse(JSON.parse(row.evidence)),
      championVersion: optionalNumber(row.champion_version),
      approvals: (approvalsOf.get(row.id) ?? []).map(approval => ({
        by: approval.approved_by,
        at: approval.approved_at,
        ...(approval.comment && { comment: approval.comment }),
        ...(approval.roles && {
          roles: rolesSchema.parse(JSON.parse(approval.roles)),
        }),
      })),
      approvalsNeeded: row.approvals_needed,
      approvalRule: row.approval_rule
        ? approvalRuleSchema.parse(JSON.parse(row.approval_rule))
        : undefined,
      waivers: (waiversOf.get(row.id) ?? []).map(waiver => ({
        gate: waiver.gate,
        by: waiver.waived_by,
        at: waiver.waived_at,
        reason: waiver.reason,
        evidence: waiver.evidence_digest,
      })),
      lapses: lapsesSchema.parse(JSON.parse(row.lapses)),
      message: optional(row.message),
      createdAt: row.created_at,
      decidedAt: optional(row.decided_at),
    }));
  }
}
