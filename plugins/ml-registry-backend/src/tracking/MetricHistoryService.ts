import { InputError } from '@backstage/errors';
import type { Call } from '@downstage/node';
import type { Int64 } from '../kernel/int64';
import type {
  MetricHistoryStore,
  RunMetric,
} from './stores/MetricHistoryStore';
import { noRun } from '../access/RunReads';
import type { TrackingDeps } from './trackingDeps';

/** MLflow's bounds of one request. */
const RUNS = 100;
const POINTS = 25_000;
const POINTS_PER_RUN = 2500;

/** Histories of one metric in many runs at once, as charts ask for them. */
export class MetricHistoryService {
  readonly #deps: TrackingDeps & { histories: MetricHistoryStore };

  constructor(deps: TrackingDeps & { histories: MetricHistoryStore }) {
    this.#deps = deps;
  }

  /** The points of all runs together, at most 25 000; runs nobody knows have none. */
  async bulk(
    request: { runIds: string[]; key: string; limit?: number },
    { caller }: Call,
  ): Promise<RunMetric[]> {
    await this.#deps.reads.require(caller);
    const { runIds, key, limit = POINTS } = request;
    checkRuns(runIds, 'GetMetricHistoryBulk');
    const seen = await this.#deps.reads.among('runs', runIds, caller);
    return this.#deps.histories.first({
      runIds: [...seen],
      key,
      limit: Math.max(0, Math.min(limit, POINTS)),
    });
  }

  /** At most `perRun` points of each run, spread over all of them or over an interval of steps. */
  async interval(
    request: {
      runIds: string[];
      key: string;
      perRun?: number;
      startStep?: Int64;
      endStep?: Int64;
    },
    { caller }: Call,
  ): Promise<RunMetric[]> {
    await this.#deps.reads.require(caller);
    const { key, perRun = POINTS_PER_RUN } = request;
    checkRuns(request.runIds, 'GetMetricHistoryBulkInterval');
    const runIds = [...new Set(request.runIds)];
    if (perRun < 1 || perRun > POINTS_PER_RUN) {
      throw new InputError(
        `max_results must be between 1 and ${POINTS_PER_RUN}.`,
      );
    }
    const steps = readSteps(request);
    const seen = await this.#deps.reads.among('runs', runIds, caller);
    for (const runId of runIds) {
      if (!seen.has(runId) || !(await this.#deps.runs.findInfo(runId))) {
        throw noRun(runId);
      }
    }
    const points = await this.#deps.histories.spread({
      runIds,
      key,
      perRun,
      steps,
    });
    // In the order the runs were asked for.
    return runIds.flatMap(runId =>
      points.filter(point => point.runId === runId),
    );
  }
}

function checkRuns(runIds: string[], request: string) {
  if (runIds.length === 0) {
    throw new InputError(
      `${request} request must specify at least one run_id.`,
    );
  }
  if (runIds.length > RUNS) {
    throw new InputError(
      `${request} request cannot specify more than ${RUNS} run_ids. Received ${runIds.length} run_ids.`,
    );
  }
}

function readSteps(request: { startStep?: Int64; endStep?: Int64 }) {
  const { startStep: from, endStep: to } = request;
  if (from === undefined && to === undefined) return undefined;
  if (from === undefined || to === undefined) {
    throw new InputError(
      'If either start step or end step are specified, both must be specified.',
    );
  }
  if (from > to) {
    throw new InputError(
      `end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`,
    );
  }
  return { from, to };
}
