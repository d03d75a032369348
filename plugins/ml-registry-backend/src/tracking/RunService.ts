import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller } from '@downstage/node';
import {
  compileComparison,
  compileOrder,
  runTables,
} from '../searchGrammar/compile';
import { parseFilter } from '../searchGrammar/parseFilter';
import { parseOrderBy } from '../searchGrammar/parseOrderBy';
import { runVocabulary } from '../searchGrammar/vocabulary';
import type { LifecycleStage } from '../stores/ExperimentStore';
import type {
  Metric,
  Run,
  RunInfo,
  RunPage,
  RunText,
} from '../stores/RunStore';
import { checkActive } from './ExperimentService';
import { readHistory, readHistoryToken } from './history';
import { randomRunName } from './randomRunName';
import { isStamped, stampedTags, USER_TAG } from './stampedTags';
import { isService } from './TrackingAccess';
import type { TrackingDeps } from './trackingDeps';
import { checkLength, limits, truncate } from './validation';

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
    caller: Caller,
    request: {
      experimentId: string;
      userId?: string;
      runName?: string;
      startTime?: number;
      tags: Tag[];
    },
  ): Promise<Run> {
    const { access, experiments, runs, knex, clock, newId } = this.#deps;
    const experiment = await experiments.find(request.experimentId);
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
      startTime: request.startTime ?? clock(),
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
    return version ? [{ key: 'downstage.reproduces', value: version }] : [];
  }

  /** The run with its lists as JSON, for answers that hand them on. */
  async getText(caller: Caller, runId: string): Promise<RunText> {
    await this.#deps.access.read(caller);
    const run = await this.#deps.runs.findText(runId);
    if (!run) throw new NotFoundError(`Run with id=${runId} not found`);
    return run;
  }

  async get(caller: Caller, runId: string): Promise<Run> {
    await this.#deps.access.read(caller);
    return this.#require(runId);
  }

  async search(caller: Caller, request: RunSearchRequest) {
    await this.#deps.access.read(caller);
    return this.#deps.runs.search(this.#compile(request));
  }

  /** The same for answers that hand the runs on as JSON, a few at a time. */
  async searchText(
    caller: Caller,
    request: RunSearchRequest,
  ): Promise<RunPage> {
    await this.#deps.access.read(caller);
    return this.#deps.runs.searchText(this.#compile(request));
  }

  #compile(request: RunSearchRequest) {
    const { knex } = this.#deps;
    const options = { vocabulary: runVocabulary, tables: runTables };
    const orders = parseOrderBy(request.orderBy, runVocabulary);
    const comparisons = parseFilter(request.filter, runVocabulary);
    return {
      ...request,
      byMetric: orders[0]?.entity === 'metric' ? orders[0].key : undefined,
      where: comparisons.map(comparison =>
        compileComparison(knex, comparison, options),
      ),
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
    caller: Caller,
    change: { runId: string; status?: string; endTime?: number; name?: string },
  ): Promise<RunInfo> {
    const { runs, runData, knex } = this.#deps;
    await this.forWrite(caller, change.runId);
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
    caller: Caller,
    change: { runId: string; stage: LifecycleStage },
  ): Promise<void> {
    const { runs, knex, clock } = this.#deps;
    await this.forWrite(caller, change.runId);
    if (change.stage === 'deleted') {
      await this.#deps.guard.refuseWhileStoodOn(change, 'left without its run');
    }
    await runs.update(knex, change.runId, {
      lifecycleStage: change.stage,
      deletedTime: change.stage === 'deleted' ? clock() : null,
    });
  }

  async metricHistory(
    caller: Caller,
    request: {
      runId: string;
      key: string;
      page?: { limit: number; offset: number };
    },
  ): Promise<Metric[]> {
    await this.#deps.access.read(caller);
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
    caller: Caller,
    request: { runId: string; key: string; limit?: number; pageToken?: string },
  ): Promise<AsyncGenerator<string, string | undefined>> {
    // Of a run that is not there it is empty, as MLflow's.
    await this.#deps.access.read(caller);
    const after = request.pageToken
      ? readHistoryToken(request.pageToken)
      : undefined;
    return readHistory(this.#deps.runs, { ...request, after });
  }

  /** Loads the run and makes sure that the caller may write to it. */
  async forWrite(caller: Caller, runId: string): Promise<RunInfo> {
    const run = await this.#deps.runs.findInfo(runId);
    // Permission first: who may not write learns nothing about what exists.
    if (!run) {
      await this.#deps.access.track(caller, undefined);
      throw new NotFoundError(`Run with id=${runId} not found`);
    }
    await this.#deps.access.trackOwn(caller, { what: `run ${runId}`, ...run });
    return run;
  }

  async #requireInfo(runId: string): Promise<RunInfo> {
    const run = await this.#deps.runs.findInfo(runId);
    if (!run) throw new NotFoundError(`Run with id=${runId} not found`);
    return run;
  }

  async #require(runId: string): Promise<Run> {
    const run = await this.#deps.runs.find(runId);
    if (!run) throw new NotFoundError(`Run with id=${runId} not found`);
    return run;
  }
}

export function checkRunActive(
  run: RunInfo | undefined,
  runId: string,
): asserts run is RunInfo {
  if (!run) throw new NotFoundError(`Run with id=${runId} not found`);
  if (run.lifecycleStage !== 'active') {
    throw new InputError(
      `The run ${runId} must be in the 'active' state. Current state is ${run.lifecycleStage}.`,
    );
  }
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
 * service may say for whom it works, because it has no name of its own that would tell a reader anything.
 */
function userOf(caller: Caller, requested?: string): string {
  if (isService(caller)) return requested || caller.actor;
  return caller.actor;
}
