import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller, type Call } from '@downstage/node';
import {
  parseFilter,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import { compileComparison, compileOrder, runTables } from '../search/compile';
import type { Sql } from '../kernel/database/sql';
import { runVocabulary } from '../search/vocabulary';
import type { LifecycleStage } from './stores/ExperimentStore';
import type {
  Metric,
  Run,
  RunDataset,
  RunInfo,
  RunPage,
  RunText,
} from './stores/RunStore';
import { checkActive } from './ExperimentService';
import { readHistory, readHistoryToken } from './history';
import { randomRunName } from './randomRunName';
import { noRun } from '../access/RunReads';
import { isStamped, stampedTags } from './stampedTags';
import { STAMPED, USER_TAG } from '../kernel/tags';
import { isService } from '../access/TrackingAccess';
import type { TrackingDeps } from './trackingDeps';
import { checkLength, limits, truncate } from '../kernel/validation';
import { withheldInputs } from './withheldInputs';

type Tag = { key: string; value: string };

type RunSearchRequest = {
  experimentIds: string[];
  filter?: string;
  orderBy: string[];
  lifecycleStages: LifecycleStage[];
  pageToken?: string;
  limit: number;
};

const RUN_NAME_TAG = 'mlflow.runName';

/** Runs: create, read, search, end, delete. Logging into them is RunLogService. */
export class RunService {
  readonly #deps: TrackingDeps;

  constructor(deps: TrackingDeps) {
    this.#deps = deps;
  }

  async create(
    request: {
      experimentId: string;
      userId?: string;
      runName?: string;
      startTime?: number;
      tags: Tag[];
    },
    { caller }: Call,
  ): Promise<Run> {
    const { access, experiments, runs, knex, clock, newId } = this.#deps;
    const id = request.experimentId;
    const experiment = await this.#deps.reads.known(
      { table: 'experiments', id, caller },
      await experiments.find(id),
    );
    await access.track(caller, experiment?.owner);
    if (!experiment) {
      throw new NotFoundError(
        `No Experiment with id=${request.experimentId} exists`,
      );
    }
    checkActive(experiment);
    const runId = newId();
    const name = reconcileName(request) ?? randomRunName(runId);
    const tags = lastOfEach([
      ...request.tags
        .filter(tag => !isStamped(tag.key))
        .map(tag => ({
          // MLflow asks for the characters of keys only where tags are set later.
          key: checkLength('tag key', tag.key, limits.key),
          value: truncate(tag.value, limits.runTagValue),
        })),
      { key: RUN_NAME_TAG, value: name },
      { key: USER_TAG, value: userOf(caller, request.userId) },
      ...stampedTags(caller),
      ...(await this.#reproducesTag(caller)),
    ]);
    const info: RunInfo = {
      runId,
      experimentId: experiment.experimentId,
      name,
      status: 'RUNNING',
      userId: userOf(caller, request.userId),
      startTime: request.startTime ?? clock().getTime(),
      lifecycleStage: 'active',
      artifactUri: `${experiment.artifactLocation}/${runId}/artifacts`,
      owner: experiment.owner ?? (await access.ownerFor(caller)),
      createdBy: makerOf(caller),
      jobId: caller.kind === 'job' ? caller.job.attributes.job : undefined,
    };
    await runs.create(knex, info, tags);
    return {
      ...info,
      tags,
      params: [],
      metrics: [],
      datasets: [],
      modelInputs: [],
      modelOutputs: [],
    };
  }

  async #reproducesTag(caller: Caller): Promise<Tag[]> {
    const job = caller.kind === 'job' ? caller.job.attributes.job : undefined;
    const version = job && (await this.#deps.reproducedBy?.(job));
    return version ? [{ key: STAMPED.reproduces, value: version }] : [];
  }

  /** The run with its lists as JSON, for answers that hand them on. */
  async getText(runId: string, { caller }: Call): Promise<RunText> {
    await this.#requireSeen(caller, runId);
    const run = await this.#deps.runs.findText(runId);
    if (!run) throw noRun(runId);
    return (await this.#shown([run], caller))[0];
  }

  /** The run with all of its inputs: for what shows none of them. */
  async get(runId: string, { caller }: Call): Promise<Run> {
    await this.#requireSeen(caller, runId);
    return this.#require(runId);
  }

  async search(request: RunSearchRequest, { caller }: Call) {
    const readable = await this.#deps.reads.where('runs', caller);
    const page = await this.#deps.runs.search(this.#compile(request, readable));
    return { ...page, runs: await this.#shown(page.runs, caller) };
  }

  /** The same for answers that hand the runs on as JSON, a few at a time. */
  async searchText(
    request: RunSearchRequest,
    { caller }: Call,
  ): Promise<RunPage> {
    const readable = await this.#deps.reads.where('runs', caller);
    return this.#pageShown(
      this.#deps.runs.searchText(this.#compile(request, readable)),
      caller,
    );
  }

  /** Without what the caller may not read of inputs: one question for each part of the page. */
  async *#pageShown(page: RunPage, caller: Caller): RunPage {
    let part = await page.next();
    for (; !part.done; part = await page.next()) {
      yield this.#shown(part.value, caller);
    }
    return part.value;
  }

  #shown<T extends { runId: string; datasets: RunDataset[] }>(
    runs: T[],
    caller: Caller,
  ): Promise<T[]> {
    return withheldInputs(runs, this.#deps.content, { caller });
  }

  #compile(request: RunSearchRequest, readable: Sql[]) {
    const { knex } = this.#deps;
    const options = { vocabulary: runVocabulary, tables: runTables };
    const orders = parseOrderBy(request.orderBy, runVocabulary);
    const comparisons = parseFilter(request.filter, runVocabulary);
    return {
      ...request,
      byMetric: orders[0]?.entity === 'metric' ? orders[0].key : undefined,
      where: [
        ...comparisons.map(comparison =>
          compileComparison(knex, comparison, options),
        ),
        ...readable,
      ],
      terms: [
        ...orders.flatMap(order =>
          compileOrder(order, { ...options, database: knex }),
        ),
        { sql: 'runs.start_time', bindings: [], descending: true },
        { sql: 'runs.run_id', bindings: [], descending: false },
      ],
    };
  }

  async update(
    change: { runId: string; status?: string; endTime?: number; name?: string },
    { caller }: Call,
  ): Promise<RunInfo> {
    const { runs, runData, knex } = this.#deps;
    await this.forWrite(change.runId, { caller });
    await knex.transaction(async tx => {
      const run = await runs.lock(tx, change.runId);
      checkRunActive(run, change.runId);
      await runs.update(tx, change.runId, {
        ...change,
        name: change.name || undefined,
      });
      if (change.name) {
        await runData.setTags(tx, change.runId, [
          { key: RUN_NAME_TAG, value: change.name },
        ]);
      }
    });
    return this.#requireInfo(change.runId);
  }

  async setLifecycle(
    change: { runId: string; stage: LifecycleStage },
    { caller }: Call,
  ): Promise<void> {
    const { runs, knex, clock } = this.#deps;
    await this.forWrite(change.runId, { caller });
    if (change.stage === 'deleted') {
      await this.#deps.holds.refuseWhileReferenced(
        change,
        'left without its run',
      );
    }
    await runs.update(knex, change.runId, {
      lifecycleStage: change.stage,
      deletedTime: change.stage === 'deleted' ? clock().getTime() : null,
    });
  }

  async metricHistory(
    request: {
      runId: string;
      key: string;
      page?: { limit: number; offset: number };
    },
    { caller }: Call,
  ): Promise<Metric[]> {
    await this.#requireSeen(caller, request.runId);
    await this.#requireInfo(request.runId);
    return this.#deps.runs.metricHistory(
      request.runId,
      request.key,
      request.page,
    );
  }

  /**
   * A metric's points by time, step and value, as JSON lists of a few thousand. Without a limit all of them; with one,
   * the generator's result is the token of the next page, when there is one.
   */
  async history(
    request: { runId: string; key: string; limit?: number; pageToken?: string },
    { caller }: Call,
  ): Promise<AsyncGenerator<string, string | undefined>> {
    const seen = await this.#deps.reads.sees('runs', request.runId, caller);
    const after = request.pageToken
      ? readHistoryToken(request.pageToken)
      : undefined;
    // Of a run that is not there it is empty, as MLflow's.
    if (!seen) return noPoints();
    return readHistory(this.#deps.runs, { ...request, after });
  }

  /** Loads the run and makes sure that the caller may write to it. */
  async forWrite(runId: string, { caller }: Call): Promise<RunInfo> {
    const run = await this.#deps.reads.known(
      { table: 'runs', id: runId, caller },
      await this.#deps.runs.findInfo(runId),
    );
    // Permission first: who may not write learns nothing about what exists.
    if (!run) {
      await this.#deps.access.track(caller, undefined);
      throw noRun(runId);
    }
    await this.#deps.access.trackOwn(caller, { what: `run ${runId}`, ...run });
    return run;
  }

  async #requireSeen(caller: Caller, runId: string): Promise<void> {
    if (!(await this.#deps.reads.sees('runs', runId, caller))) {
      throw noRun(runId);
    }
  }

  async #requireInfo(runId: string): Promise<RunInfo> {
    const run = await this.#deps.runs.findInfo(runId);
    if (!run) throw noRun(runId);
    return run;
  }

  async #require(runId: string): Promise<Run> {
    const run = await this.#deps.runs.find(runId);
    if (!run) throw noRun(runId);
    return run;
  }
}

export function checkRunActive(
  run: RunInfo | undefined,
  runId: string,
): asserts run is RunInfo {
  if (!run) throw noRun(runId);
  if (run.lifecycleStage !== 'active') {
    throw new InputError(
      `The run ${runId} must be in the 'active' state. Current state is ${run.lifecycleStage}.`,
    );
  }
}

// eslint-disable-next-line require-yield -- there is nothing to give
async function* noPoints(): AsyncGenerator<string, undefined> {
  return undefined;
}

/** By key; of one given twice the last. */
function lastOfEach(tags: Tag[]): Tag[] {
  return [...new Map(tags.map(tag => [tag.key, tag])).values()].sort((a, b) =>
    a.key < b.key ? -1 : 1,
  );
}

/** `run_name` and the tag `mlflow.runName` must agree when both are given. */
function reconcileName(request: { runName?: string; tags: Tag[] }) {
  const tagged = request.tags.find(tag => tag.key === RUN_NAME_TAG)?.value;
  if (request.runName && tagged && request.runName !== tagged) {
    throw new InputError(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${request.runName}', mlflow.runName='${tagged}').`,
    );
  }
  return request.runName || tagged || undefined;
}

/**
 * Who a run belongs to by name: the person the token speaks for, though MLflow leaves it to the client.
 *
 * @remarks
 * The client sends the name of the operating system's user, which is `root` in every container and anybody's choice
 * elsewhere; the token is the only thing here that is known to be true. For a job it is the person who submitted it. A
 * service may say for whom it works. It has no name of its own that would tell a reader anything.
 */
function userOf(caller: Caller, requested?: string): string {
  if (isService(caller)) return requested || caller.actor;
  return caller.actor;
}
