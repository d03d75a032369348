import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import {
  auditedContentRead,
  dataRefusal,
  isPlugin,
  whoOf,
  type Authorizer,
  type Call,
  type Caller,
  type DataAccess,
  type DataAnswer,
} from '@downstage/node';
import type { Sql } from '../kernel/database/sql';
import { UNKNOWN_DATA, type DataRefStore } from './DataRefStore';

/** So long an answer holds: a page with many files asks once, and a right that was taken back ends soon. */
const keptMs = 5_000;
const mostKept = 5_000;

const tooFar = {
  ref: UNKNOWN_DATA,
  mayRead: false as const,
  message:
    'The run has more runs above it than are looked at (50 levels), so nobody reads it',
};

/** Something that came out of runs, for the audit trail and for the refusal. */
type Content = {
  /** As in "the file plots/roc.png of run 4f2a". */
  what: string;
  runIds: string[];
  /** `default/churn@7`, where it is looked at as part of a version. */
  version?: string;
};

/**
 * Decides who reads what came out of data: files of runs and models, profiles of inputs, traces.
 *
 * @remarks
 * A caller who may read all data sets behind it may read it, by the decision of ml-data. Owning the model gives no
 * right of its own: a model and its files may hold rows it learned from. Names, params, metrics and states are no
 * content. Plugins read for their own work, such as serving a model. Every read of something guarded is an audit event,
 * and so is every refusal.
 *
 * Where no plugin is installed that decides about data, every declared data set counts as guarded. Everything that came
 * out of it is then for the owner.
 */
export class ContentReads {
  readonly #authorizer: Authorizer;
  readonly #auditor: AuditorService;
  readonly #refs: DataRefStore;
  readonly #dataAccess: () => DataAccess | undefined;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { answer: DataAnswer; until: number }>();

  constructor(options: {
    authorizer: Authorizer;
    auditor: AuditorService;
    refs: DataRefStore;
    dataAccess: () => DataAccess | undefined;
    clock: Clock;
  }) {
    this.#authorizer = options.authorizer;
    this.#auditor = options.auditor;
    this.#refs = options.refs;
    this.#dataAccess = options.dataAccess;
    this.#clock = options.clock;
  }

  /**
   * Lets a file of the store be read, or refuses it.
   *
   * @param of - the version it is read as a part of; the run that the version names counts besides the file's own
   * @throws NotAllowedError with the code `ml-data.access-needed`, which names the data set and whom to ask
   */
  async requireFile(
    path: string,
    { caller }: Call,
    of?: { ref: string; runId?: string },
  ): Promise<void> {
    if (isPlugin(caller)) return;
    const [, folder, modelId] = path.split('/');
    const own =
      folder === 'models'
        ? await this.#refs.runsOfLoggedModel(modelId ?? '')
        : [folder ?? ''];
    await this.require(
      {
        what: `The file ${path}`,
        runIds: [...own, ...(of?.runId ? [of.runId] : [])],
        version: of?.ref,
      },
      { caller },
    );
  }

  /**
   * Lets something that came out of runs be read, or refuses it.
   *
   * @throws NotAllowedError with the code `ml-data.access-needed`, which names the data set and whom to ask
   */
  async require(content: Content, { caller }: Call): Promise<void> {
    if (isPlugin(caller)) return;
    const refsOf = await this.#refs.ofRuns(content.runIds);
    const decide = await this.#decider(refsOf, caller);
    const answers = [...refsOf.keys()].flatMap(decide);
    await this.#settle({ ...content, answers }, caller);
  }

  /**
   * Of some runs, those whose inputs may not be shown, each with the reason: one question for a page of runs. What may
   * be shown is an audit event where it is guarded.
   */
  async hiddenInputs(
    runIds: string[],
    { caller }: Call,
  ): Promise<Map<string, string>> {
    if (isPlugin(caller)) return new Map();
    const refsOf = await this.#refs.ofInputs(runIds);
    const runsOf = new Map([...refsOf.keys()].map(runId => [runId, [runId]]));
    return this.#hidden({ what: 'Inputs of runs', runsOf, refsOf }, caller);
  }

  /** The same of traces: what was asked and answered may be rows of the data of the runs that they belong to. */
  async hiddenTraces(
    traceIds: string[],
    { caller }: Call,
  ): Promise<Map<string, string>> {
    if (isPlugin(caller)) return new Map();
    const runsOf = await this.#refs.runsOfTraces(traceIds);
    const refsOf = await this.#refs.ofRuns([...runsOf.values()].flat());
    return this.#hidden({ what: 'Traces of runs', runsOf, refsOf }, caller);
  }

  /**
   * What narrows a search of traces to those that may be read. A search by what traces hold looks at no others: what it
   * finds, its order, and where its pages end would tell of what is withheld.
   */
  async whereTracesRead(
    experimentIds: string[],
    { caller }: Call,
  ): Promise<Sql[]> {
    if (isPlugin(caller)) return [];
    const refsOf = await this.#refs.ofRuns(
      await this.#refs.runsWithTraces(experimentIds),
    );
    if (!refsOf.size) return [];
    const decide = await this.#decider(refsOf, caller);
    const refused = [...refsOf.keys()].filter(runId =>
      decide(runId).some(answer => !answer.mayRead),
    );
    return refused.length ? [this.#refs.tracesOutside(refused)] : [];
  }

  /** By trace, the runs that it was made in or linked to: what was made from the trace came out of their data, too. */
  runsOfTraces(traceIds: string[]): Promise<Map<string, string[]>> {
    return this.#refs.runsOfTraces(traceIds);
  }

  /** The same as {@link ContentReads.hiddenTraces} of records that were made from traces, and of runs behind those. */
  async hiddenRecords(
    records: { recordId: string; traceIds: string[]; runIds: string[] }[],
    { caller }: Call,
  ): Promise<Map<string, string>> {
    if (isPlugin(caller)) return new Map();
    const ofTraces = await this.#refs.runsOfTraces(
      records.flatMap(({ traceIds }) => traceIds),
    );
    const runsOf = new Map(
      records.map(({ recordId, traceIds, runIds }) => [
        recordId,
        [
          ...new Set([
            ...runIds,
            ...traceIds.flatMap(traceId => ofTraces.get(traceId) ?? []),
          ]),
        ],
      ]),
    );
    const refsOf = await this.#refs.ofRuns([...runsOf.values()].flat());
    return this.#hidden(
      { what: 'Records of evaluation data sets', runsOf, refsOf },
      caller,
    );
  }

  /** Lets the spans and assessments of a trace be read, or refuses it as {@link ContentReads.require} does. */
  async requireTrace(traceId: string, call: Call): Promise<void> {
    if (isPlugin(call.caller)) return;
    const runsOf = await this.#refs.runsOfTraces([traceId]);
    await this.require(
      { what: `Trace ${traceId}`, runIds: runsOf.get(traceId) ?? [] },
      call,
    );
  }

  /**
   * Lets a run declare that it read these data sets, or refuses it: only who may read one knows that it was read.
   * Without somebody who decides about data, everything may be declared.
   *
   * @throws NotAllowedError with the code `ml-data.access-needed`; the same for a data set that does not exist
   */
  async requireDeclared(refs: string[], { caller }: Call): Promise<void> {
    const access = this.#dataAccess();
    if (!refs.length || isPlugin(caller) || !access) return;
    const answers = await this.#ask(access, refs, caller);
    for (const answer of answers.values()) {
      if (!answer.mayRead) {
        throw dataRefusal(
          `The run cannot declare ${answer.ref} as its input. ${answer.message}`,
          answer.ref,
        );
      }
    }
  }

  async #hidden(
    things: {
      what: string;
      runsOf: Map<string, string[]>;
      refsOf: Map<string, string[]>;
    },
    caller: Caller,
  ): Promise<Map<string, string>> {
    const { what, runsOf, refsOf } = things;
    const hidden = new Map<string, string>();
    if (!refsOf.size) return hidden;
    const decide = await this.#decider(refsOf, caller);
    const runIds: string[] = [];
    const answers: DataAnswer[] = [];
    for (const [id, runs] of runsOf) {
      const decisions = runs.flatMap(decide);
      const refused = decisions.find(answer => !answer.mayRead);
      if (refused) {
        hidden.set(id, refused.message);
      } else if (decisions.length) {
        runIds.push(...runs);
        answers.push(...decisions);
      }
    }
    await this.#settle({ what, runIds, answers }, caller);
    return hidden;
  }

  #settle(
    content: Content & { answers: DataAnswer[] },
    caller: Caller,
  ): Promise<void> {
    const { what, runIds, version, answers } = content;
    const runs = [...new Set(runIds)];
    return auditedContentRead(this.#auditor, {
      caller,
      what,
      answers,
      meta: { runs, ...(version && { version }) },
    });
  }

  /** Decides about the data sets of each run, with all that has to be asked before asked at once. */
  async #decider(
    refsOf: Map<string, string[]>,
    caller: Caller,
  ): Promise<(runId: string) => DataAnswer[]> {
    const refs = [...refsOf.values()].flat();
    const access = this.#dataAccess();
    if (access) {
      const answers = await this.#ask(access, refs, caller);
      return runId =>
        (refsOf.get(runId) ?? []).flatMap(ref => answers.get(ref) ?? []);
    }
    const owners = await this.#refs.ownersOf([...refsOf.keys()]);
    const mine = refs.length ? await this.#authorizer.groupsOf(caller) : [];
    return runId => {
      const owner = owners.get(runId);
      return (refsOf.get(runId) ?? []).map(ref =>
        owner && mine.includes(owner) && ref !== UNKNOWN_DATA
          ? { ref, mayRead: true, because: 'owner' }
          : {
              ref,
              mayRead: false,
              message:
                ref === UNKNOWN_DATA
                  ? tooFar.message
                  : `Nothing is installed that decides who reads data, so it is for the owner of run ${runId} only, ${
                      owner ?? 'and it has none'
                    }`,
            },
      );
    };
  }

  /** Asks for what is not known from a moment ago. */
  async #ask(
    access: DataAccess,
    refs: string[],
    caller: Caller,
  ): Promise<Map<string, DataAnswer>> {
    const who = keyOf(caller);
    const now = this.#clock().getTime();
    const known = new Map<string, DataAnswer>();
    const unknown: string[] = [];
    for (const ref of new Set(refs)) {
      if (ref === UNKNOWN_DATA) {
        known.set(ref, tooFar);
        continue;
      }
      const kept = this.#kept.get(`${who} ${ref}`);
      if (kept && kept.until > now) known.set(ref, kept.answer);
      else unknown.push(ref);
    }
    if (this.#kept.size + unknown.length > mostKept) this.#kept.clear();
    if (!unknown.length) return known;
    const { credentials } = caller;
    const answers = await access.ask(unknown, { credentials });
    const given = new Map(answers.map(answer => [answer.ref, answer]));
    for (const ref of unknown) {
      // No answer counts as a refusal.
      const answer = given.get(ref) ?? {
        ref,
        mayRead: false,
        message: `Nobody answered whether ${caller.actor} may read it`,
      };
      known.set(ref, answer);
      this.#kept.set(`${who} ${ref}`, { answer, until: now + keptMs });
    }
    return known;
  }
}

/** Two callers with one key have the same rights. */
function keyOf(caller: Caller): string {
  return JSON.stringify([caller.kind, whoOf(caller)]);
}
