import type { Call, Caller } from '@downstage/node';
import { NotFoundError } from '@backstage/errors';
import {
  type ArtifactFile,
  type Experiment,
  type MetricPoint,
  type Run,
  parseFilter,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { joinDatasets, loggedDataset } from '../kernel/datasets';
import type { Int64 } from '../kernel/int64';
import { modelRefOf, nameOfModelRef } from '../kernel/refs';
import { compileComparison, runTables } from '../search/compile';
import type { Sql } from '../kernel/database/sql';
import { runVocabulary } from '../search/vocabulary';
import { inOrder, wholeOnce, type PageRequest } from '../search/keyset';
import type { ExperimentStore } from '../tracking/stores/ExperimentStore';
import type { Run as StoredRun, RunStore } from '../tracking/stores/RunStore';
import type {
  ArtifactService,
  FoundArtifact,
} from '../artifacts/ArtifactService';
import { artifactPathOf } from '../kernel/artifactUri';
import type { RunReads } from '../access/RunReads';
import { STAMPED } from '../kernel/tags';

const newestFirst = [
  { sql: 'runs.start_time', bindings: [], descending: true },
  { sql: 'runs.run_id', bindings: [], descending: false },
];

/** Experiments and runs as the portal shows them. Writing them is the tracking API's. */
export class RunQueryService {
  readonly #reads: RunReads;
  readonly #knex: Knex;
  readonly #experiments: ExperimentStore;
  readonly #runs: RunStore;
  readonly #artifacts: ArtifactService;

  constructor(options: {
    reads: RunReads;
    knex: Knex;
    experiments: ExperimentStore;
    runs: RunStore;
    artifacts: ArtifactService;
  }) {
    this.#reads = options.reads;
    this.#knex = options.knex;
    this.#experiments = options.experiments;
    this.#runs = options.runs;
    this.#artifacts = options.artifacts;
  }

  async listExperiments(
    request: { query?: string; experimentId?: string[] } & PageRequest,
    { caller }: Call,
  ): Promise<{ items: Experiment[]; nextCursor?: string }> {
    const readable = await this.#reads.where('experiments', caller);
    const { query, experimentId = [], cursor, limit = wholeOnce } = request;
    const page = await this.#experiments.search({
      where: [
        ...readable,
        ...(query ? [this.#experiments.named(query)] : []),
        ...(experimentId.length ? [this.#experiments.among(experimentId)] : []),
      ],
      lifecycleStages: ['active'],
      terms: inOrder(
        ['experiments.last_update_time', 'experiments.experiment_id'],
        'desc',
      ),
      pageToken: cursor,
      limit,
    });
    return {
      nextCursor: page.nextPageToken,
      items: page.experiments.map(experiment => ({
        experimentId: experiment.experimentId,
        name: experiment.name,
        owner: experiment.owner,
        createdAt: isoOf(experiment.creationTime),
        updatedAt: isoOf(experiment.lastUpdateTime),
      })),
    };
  }

  async search(
    request: {
      experimentId?: string;
      filter?: string;
      model?: string;
      job?: string;
      cursor?: string;
      limit: number;
    },
    { caller }: Call,
  ): Promise<{ items: Run[]; nextCursor?: string }> {
    const readable = await this.#reads.where('runs', caller);
    const where = parseFilter(request.filter, runVocabulary).map(comparison =>
      compileComparison(this.#knex, comparison, {
        vocabulary: runVocabulary,
        tables: runTables,
      }),
    );
    if (request.job) {
      where.push({ sql: 'runs.job_id = ?', bindings: [request.job] });
    }
    if (request.model) where.push(ofModel(nameOfModelRef(request.model)));
    where.push(...readable);
    const page = await this.#runs.search({
      ...(request.experimentId && { experimentIds: [request.experimentId] }),
      lifecycleStages: ['active'],
      where,
      terms: newestFirst,
      pageToken: request.cursor,
      limit: request.limit,
    });
    const names = await this.#experiments.names(
      page.runs.map(({ experimentId }) => experimentId),
      { where: [] },
    );
    return {
      items: page.runs.map(run =>
        toRun(run, names.get(run.experimentId) ?? run.experimentId),
      ),
      nextCursor: page.nextPageToken,
    };
  }

  async get(runId: string, { caller }: Call): Promise<Run> {
    const run = await this.#find(runId, caller);
    const experiment = await this.#experiments.find(run.experimentId);
    return toRun(run, experiment?.name ?? run.experimentId);
  }

  async metricHistory(
    request: { runId: string; key: string },
    { caller }: Call,
  ): Promise<{ key: string; points: MetricPoint[] }> {
    await this.#find(request.runId, caller);
    const points = await this.#runs.metricHistory(request.runId, request.key);
    return {
      key: request.key,
      points: points
        .map(({ step, timestamp, value }) => ({
          // Charts place points by it; beyond 2^53 to the nearest number.
          step: Number(step),
          at: isoOf(timestamp),
          value: isFigure(value) ? value : null,
        }))
        .sort((a, b) => a.step - b.step || a.at.localeCompare(b.at)),
    };
  }

  async listArtifacts(
    request: { runId: string; path?: string } & PageRequest,
    { caller }: Call,
  ): Promise<{ items: ArtifactFile[]; nextCursor?: string }> {
    const run = await this.#find(request.runId, caller);
    const root = artifactPathOf(run.artifactUri);
    if (!root) return { items: [] };
    const under = request.path ? `${root}/${request.path}` : root;
    const page = await this.#artifacts.pageUnder({ ...request, path: under });
    const { nextCursor } = page;
    // A path that names a file answers with that file: no folder is read for it.
    const entries =
      page.entries.length || !request.path || request.cursor
        ? page.entries
        : await this.#artifacts.entryAt(under);
    return {
      nextCursor,
      items: entries.map(({ path, isDir, size, sha256 }) => ({
        path: path.slice(root.length + 1),
        isDir,
        ...(size !== undefined && { size }),
        ...(sha256 && { sha256 }),
      })),
    };
  }

  /** One file of a run, not opened yet. */
  async findArtifact(
    request: { runId: string; path: string },
    { caller }: Call,
  ): Promise<FoundArtifact> {
    const run = await this.#find(request.runId, caller);
    const root = artifactPathOf(run.artifactUri);
    if (!root) {
      throw new NotFoundError(
        `The files of run ${run.runId} lie at ${run.artifactUri}, which is not kept here`,
      );
    }
    return this.#artifacts.open(
      { path: `${root}/${request.path}` },
      { caller },
    );
  }

  async #find(runId: string, caller: Caller): Promise<StoredRun> {
    const seen = await this.#reads.sees('runs', runId, caller);
    const run = seen ? await this.#runs.find(runId) : undefined;
    if (!run) throw new NotFoundError(`There is no run '${runId}'`);
    return run;
  }
}

/** Runs that made a version of the model, and runs of jobs that were meant to. */
export function ofModel(name: string): Sql {
  // One set, so that it is found first: with OR each run is looked at, newest first. The index of tags has their start.
  return {
    sql: `runs.run_id IN (SELECT run_id FROM model_versions WHERE name = ?
      UNION SELECT run_id FROM run_tags WHERE key = 'downstage.model' AND substr(value, 1, 100) = substr(?, 1, 100) AND value = ?)`,
    bindings: [name, modelRefOf(name), modelRefOf(name)],
  };
}

function toRun(run: StoredRun, experimentName: string): Run {
  const tags = asRecord(run.tags);
  const notFinite = run.metrics
    .filter(({ value }) => !isFigure(value))
    .map(({ key, value }) => [key, spelled(value)] as const);
  return {
    runId: run.runId,
    name: run.name,
    experimentId: run.experimentId,
    experimentName,
    status: run.status,
    userId: run.userId,
    startTime: isoOf(run.startTime),
    endTime: run.endTime === undefined ? undefined : isoOf(run.endTime),
    params: asRecord(run.params),
    metrics: Object.fromEntries(
      run.metrics
        .filter(({ value }) => isFigure(value))
        .map(({ key, value }) => [key, value]),
    ),
    ...(notFinite.length > 0 && { notFinite: Object.fromEntries(notFinite) }),
    tags,
    datasets: joinDatasets(
      run.datasets.map(dataset => loggedDataset(dataset, dataset.tags)),
      tags[STAMPED.dataset],
    ),
    jobId: run.jobId ?? tags[STAMPED.job],
    owner: run.owner,
    ...(run.lifecycleStage === 'deleted' && { deleted: true }),
  };
}

/** JSON knows no NaN, and infinity is stored as the largest double. */
function isFigure(value: number) {
  return Number.isFinite(value) && Math.abs(value) < Number.MAX_VALUE;
}

function spelled(value: number): 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function asRecord(pairs: { key: string; value: string }[]) {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

/** The furthest time that a date can be. */
const LAST_MOMENT = 8.64e15;

function isoOf(milliseconds: Int64) {
  const time = Number(milliseconds);
  return new Date(
    Math.max(-LAST_MOMENT, Math.min(time, LAST_MOMENT)),
  ).toISOString();
}
