import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller, type Call } from '@downstage/node';
import type { Assessment, AssessmentStore } from './AssessmentStore';
import type { TraceStore } from './TraceStore';
import { noRun } from '../access/RunReads';
import type { TrackingDeps } from '../tracking/trackingDeps';
import { checkLength, limits } from '../kernel/validation';

/** What a client says; who says it, and when, is ours. */
export type NewAssessment = Omit<
  Assessment,
  'assessmentId' | 'valid' | 'createdTime' | 'lastUpdatedTime' | 'createdBy'
>;

/** What may change of one. Metadata is added to what is there. */
export type AssessmentPatch = Partial<
  Pick<
    Assessment,
    'name' | 'rationale' | 'metadata' | 'value' | 'serialized' | 'error'
  >
> & { kind?: Assessment['kind'] };

/** So many bytes of JSON are one value, with its rationale. */
const LARGEST = 1_000_000;
/** MLflow's bound of one request. */
const LINKS = 100;

/** Feedback on traces and expectations of them, and which runs traces belong to. A writer of the trace may assess it. */
export class AssessmentService {
  readonly #deps: TrackingDeps & {
    traces: TraceStore;
    assessments: AssessmentStore;
  };

  constructor(
    deps: TrackingDeps & { traces: TraceStore; assessments: AssessmentStore },
  ) {
    this.#deps = deps;
  }

  async create(asked: NewAssessment, { caller }: Call): Promise<Assessment> {
    await this.#mayAssess(caller, asked.traceId);
    check(asked);
    const { knex, assessments, clock, newId } = this.#deps;
    const now = clock().getTime();
    const made: Assessment = {
      ...asked,
      assessmentId: `a-${newId()}`,
      valid: true,
      createdTime: now,
      lastUpdatedTime: now,
      createdBy: makerOf(caller),
    };
    await knex.transaction(async tx => {
      const { overrides, traceId } = made;
      if (overrides) {
        const old = { traceId, assessmentId: overrides, valid: false };
        if (!(await assessments.setValid(tx, old))) throw notFound(old);
      }
      await assessments.insert(tx, made);
    });
    return made;
  }

  async get(
    key: { traceId: string; assessmentId: string },
    { caller }: Call,
  ): Promise<Assessment> {
    const { reads, assessments, knex } = this.#deps;
    const seen = await reads.sees('traces', key.traceId, caller);
    const found = await assessments.find(knex, key);
    if (!found || !seen) throw notFound(key);
    await this.#deps.content.requireTrace(key.traceId, { caller });
    return found;
  }

  async update(
    {
      traceId,
      assessmentId,
      ...patch
    }: { traceId: string; assessmentId: string } & AssessmentPatch,
    { caller }: Call,
  ): Promise<Assessment> {
    const key = { traceId, assessmentId };
    await this.#mayAssess(caller, traceId);
    // The answer is the whole assessment, of which the patch is a part.
    await this.#deps.content.requireTrace(traceId, { caller });
    const { knex, assessments, clock } = this.#deps;
    return knex.transaction(async tx => {
      const known = await assessments.find(tx, key);
      if (!known) throw notFound(key);
      if (patch.kind && patch.kind !== known.kind) {
        throw new InputError(
          `Assessment ${assessmentId} is ${spelled(
            known.kind,
          )}; it cannot have the value of ${spelled(patch.kind)}`,
        );
      }
      const changed: Assessment = {
        ...known,
        ...patch,
        metadata: { ...known.metadata, ...patch.metadata },
        lastUpdatedTime: clock().getTime(),
      };
      check(changed);
      await assessments.update(tx, changed);
      return changed;
    });
  }

  /** Deleting twice is deleting once. What it had replaced holds again. */
  async delete(
    key: { traceId: string; assessmentId: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#mayAssess(caller, key.traceId);
    const { knex, assessments } = this.#deps;
    await knex.transaction(async tx => {
      const known = await assessments.find(tx, key);
      if (!known) return;
      const { overrides, traceId } = known;
      if (overrides) {
        const old = { traceId, assessmentId: overrides, valid: true };
        await assessments.setValid(tx, old);
      }
      await assessments.delete(tx, key.assessmentId);
    });
  }

  /** Traces belong to a run from now on, too. Those that nobody knows are passed over. */
  async linkRun(
    link: { runId: string; traceIds: string[] },
    { caller }: Call,
  ): Promise<void> {
    const { runs, access, assessments, traces } = this.#deps;
    const run = await this.#deps.reads.known(
      { table: 'runs', id: link.runId, caller },
      await runs.findInfo(link.runId),
    );
    if (!run) {
      await access.track(caller, undefined);
      throw noRun(link.runId);
    }
    const { runId } = run;
    await access.trackOwn(caller, { what: `run ${runId}`, ...run });
    if (link.traceIds.length > LINKS) {
      throw new InputError(
        `Cannot link more than ${LINKS} traces to a run in a single request. Provided ${link.traceIds.length} traces.`,
      );
    }
    const known = await traces.findAll(link.traceIds);
    for (const trace of known) {
      await access.trackOwn(caller, {
        what: `trace ${trace.traceId}`,
        ...trace,
      });
    }
    await assessments.linkRun(
      run.runId,
      known.map(({ traceId }) => traceId),
    );
  }

  /** Permission first: who may not write learns nothing about what exists. */
  async #mayAssess(caller: Caller, traceId: string): Promise<void> {
    const { access, reads, traces } = this.#deps;
    const trace = await reads.known(
      { table: 'traces', id: traceId, caller },
      await traces.findInfo(traceId),
    );
    if (!trace) {
      await access.track(caller, undefined);
      throw noTrace(traceId);
    }
    await access.trackOwn(caller, { what: `trace ${traceId}`, ...trace });
  }
}

function check(assessment: NewAssessment) {
  const { name, value, error, rationale, metadata, source, spanId } =
    assessment;
  checkLength('Assessment name', name, limits.key);
  checkLength('Assessment source type', source.type, 50);
  checkLength('Assessment source ID', source.id ?? '', 250);
  checkLength('Span ID', spanId ?? '', 50);
  const size = [value, error, rationale, JSON.stringify(metadata)].join('');
  checkLength('An assessment', size, LARGEST);
}

function noTrace(traceId: string) {
  return new NotFoundError(`Trace with ID '${traceId}' not found.`);
}

function spelled(kind: Assessment['kind']) {
  return kind === 'feedback' ? 'a feedback' : 'an expectation';
}

function notFound(key: { traceId: string; assessmentId: string }) {
  return new NotFoundError(
    `Assessment with ID '${key.assessmentId}' not found for trace '${key.traceId}'`,
  );
}
