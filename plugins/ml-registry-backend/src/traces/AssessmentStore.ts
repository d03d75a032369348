import type { Knex } from 'knex';
import {
  chunks,
  groupBy,
  optional,
  toNumber,
  type Database,
} from '../kernel/database/database';

/** What somebody, or a scorer, says of a trace. Times are milliseconds. */
export type Assessment = {
  assessmentId: string;
  traceId: string;
  kind: 'feedback' | 'expectation';
  name: string;
  /** JSON. */
  value: string;
  /** The client sent the value as text that is JSON. */
  serialized: boolean;
  /** JSON of what went wrong in a scorer. */
  error?: string;
  source: { type: string; id?: string };
  rationale?: string;
  metadata: Record<string, string>;
  spanId?: string;
  overrides?: string;
  valid: boolean;
  createdTime: number;
  lastUpdatedTime: number;
  createdBy?: string;
};

type AssessmentRow = {
  assessment_id: string;
  trace_id: string;
  kind: string;
  name: string;
  value: string;
  serialized: boolean | number;
  error: string | null;
  source_type: string;
  source_id: string | null;
  rationale: string | null;
  metadata: string;
  span_id: string | null;
  overrides: string | null;
  valid: boolean | number;
  created_time: number | string;
  last_updated_time: number | string;
  created_by: string | null;
};

/** Assessments of traces, and the runs that traces were linked to. */
export class AssessmentStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async insert(tx: Knex.Transaction, assessment: Assessment): Promise<void> {
    await tx('assessments').insert(toRow(assessment));
  }

  async update(tx: Knex.Transaction, assessment: Assessment): Promise<void> {
    await tx('assessments')
      .where('assessment_id', assessment.assessmentId)
      .update(toRow(assessment));
  }

  async find(
    db: Database,
    key: { traceId: string; assessmentId: string },
  ): Promise<Assessment | undefined> {
    const row = await db<AssessmentRow>('assessments')
      .where({ trace_id: key.traceId, assessment_id: key.assessmentId })
      .first();
    return row && toAssessment(row);
  }

  /** Whether there was such an assessment. */
  async setValid(
    tx: Knex.Transaction,
    key: { traceId: string; assessmentId: string; valid: boolean },
  ): Promise<boolean> {
    const changed = await tx('assessments')
      .where({ trace_id: key.traceId, assessment_id: key.assessmentId })
      .update({ valid: key.valid });
    return changed > 0;
  }

  async delete(tx: Knex.Transaction, assessmentId: string): Promise<void> {
    await tx('assessments').where('assessment_id', assessmentId).delete();
  }

  /** Of each of these traces, in the order they were made. */
  async ofTraces(traceIds: string[]): Promise<Map<string, Assessment[]>> {
    const rows: AssessmentRow[] = [];
    for (const ids of chunks(traceIds, 500)) {
      rows.push(
        ...(await this.#knex<AssessmentRow>('assessments')
          .whereIn('trace_id', ids)
          .orderBy(['trace_id', 'created_time', 'assessment_id'])),
      );
    }
    return groupBy(rows.map(toAssessment), ({ traceId }) => traceId);
  }

  /** Linking twice is linking once. */
  async linkRun(runId: string, traceIds: string[]): Promise<void> {
    for (const ids of chunks(traceIds)) {
      await this.#knex('trace_runs')
        .insert(ids.map(id => ({ trace_id: id, run_id: runId })))
        .onConflict(['trace_id', 'run_id'])
        .ignore();
    }
  }
}

function toRow(assessment: Assessment) {
  const value: unknown = JSON.parse(assessment.value);
  return {
    assessment_id: assessment.assessmentId,
    trace_id: assessment.traceId,
    kind: assessment.kind,
    name: assessment.name,
    value: assessment.value,
    value_text: typeof value === 'string' ? value : null,
    value_number: typeof value === 'number' ? value : null,
    serialized: assessment.serialized,
    error: assessment.error ?? null,
    source_type: assessment.source.type,
    source_id: assessment.source.id ?? null,
    rationale: assessment.rationale ?? null,
    metadata: JSON.stringify(assessment.metadata),
    span_id: assessment.spanId ?? null,
    overrides: assessment.overrides ?? null,
    valid: assessment.valid,
    created_time: assessment.createdTime,
    last_updated_time: assessment.lastUpdatedTime,
    created_by: assessment.createdBy ?? null,
  };
}

function toAssessment(row: AssessmentRow): Assessment {
  return {
    assessmentId: row.assessment_id,
    traceId: row.trace_id,
    kind: row.kind === 'feedback' ? 'feedback' : 'expectation',
    name: row.name,
    value: row.value,
    serialized: Boolean(row.serialized),
    error: optional(row.error),
    source: { type: row.source_type, id: optional(row.source_id) },
    rationale: optional(row.rationale),
    metadata: JSON.parse(row.metadata),
    spanId: optional(row.span_id),
    overrides: optional(row.overrides),
    valid: Boolean(row.valid),
    createdTime: toNumber(row.created_time),
    lastUpdatedTime: toNumber(row.last_updated_time),
    createdBy: optional(row.created_by),
  };
}
