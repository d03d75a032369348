import type { Authorizer, Call, Caller } from '@downstage/node';
import { NotFoundError } from '@backstage/errors';
import {
  mlRegistryReadPermission,
  type ArtifactFile,
  type Experiment,
  type MetricPoint,
  type Run,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { joinDatasets, loggedDataset } from '../domain/datasets';
import type { Int64 } from '../domain/int64';
import { modelRefOf, nameOfModelRef } from '../domain/refs';
import {
  compileComparison,
  runTables,
  type Sql,
} from '../searchGrammar/compile';
import { parseFilter } from '../searchGrammar/parseFilter';
import { runVocabulary } from '../searchGrammar/vocabulary';
import type { ExperimentStore } from '../stores/ExperimentStore';
import type { Run as StoredRun, RunStore } from '../stores/RunStore';
import type { ArtifactService, FoundArtifact } from './ArtifactService';
import { artifactPathOf } from './ModelFiles';
import { stampedTags } from './versionView';

const newestFirst = [
  { sql: 'runs.start_time', bindings: [], descending: true },
  { sql: 'runs.run_id', bindings: [], descending: false },
];

/** Experiments and runs as the portal shows them. Writing them is the tracking API's. */
export class RunQueryService {
  readonly #authorizer: Authorizer;
  readonly #knex: Knex;
  readonly #experiments: ExperimentStore;
  readonly #runs: RunStore;
  readonly #artifacts: ArtifactService;

  constructor(options: {
    authorizer: Authorizer;
    knex: Knex;
    experiments: ExperimentStore;
    runs: RunStore;
    artifacts: ArtifactService;
  }) {
    this.#authorizer = options.authorizer;
    this.#knex = options.knex;
    this.#experiments = options.experiments;
    this.#runs = options.runs;
    this.#artifacts = options.artifacts;
  }

  async listExperiments({ caller }: Call): Promise<{ items: Experiment[] }> {
    await this.#require(caller);
    const experiments = await this.#activeExperiments();
    return {
      items: experiments.map(experiment => ({
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
    await this.#require(caller);
    const experiments = await this.#activeExperiments();
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
    const page = await this.#runs.search({
      experimentIds: request.experimentId
        ? [request.experimentId]
        : experiments.map(({ experimentId }) => experimentId),
      lifecycleStages: ['active'],
      where,
      terms: newestFirst,
      pageToken: request.cursor,
      limit: request.limit,
    });
    const names = new Map(
      experiments.map(({ experimentId, name }) => [experimentId, name]),
    );
    return {
      items: page.runs.map(run =>
        toRun(run, names.get(run.experimentId) ?? run.experimentId),
      ),
      nextCursor: page.nextPageToken,
    };
  }

  async get(runId: string, { caller }: Call): Promise<Run> {
    await this.#require(caller);
    const run = await this.#find(runId);
    const experiment = await this.#experiments.find(run.experimentId);
    return toRun(run, experiment?.name ?? run.experimentId);
  }

  async metricHistory(
    request: { runId: string; key: string },
    { caller }: Call,
  ): Promise<{ key: string; points: MetricPoint[] }> {
    await this.#require(caller);
    await this.#find(request.runId);
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
    request: { runId: string; path?: string },
    { caller }: Call,
  ): Promise<{ items: ArtifactFile[] }> {
    await this.#require(caller);
    const run = await this.#find(request.runId);
    const root = artifactPathOf(run.artifactUri);
    if (!root) return { items: [] };
    const entries = await this.#artifacts.listUnder(
      request.path ? `${root}/${request.path}` : root,
    );
    return {
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
    await this.#require(caller);
    const run = await this.#find(request.runId);
    const root = artifactPathOf(run.artifactUri);
    if (!root) {
      throw new NotFoundError(
        `The files of run ${run.runId} lie at ${run.artifactUri}, which is not kept here`,
      );
    }
    return this.#artifacts.find(`${root}/${request.path}`);
  }

  async #require(caller: Caller) {
    await this.#authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
  }

  async #activeExperiments() {
    const { experiments } = await this.#experiments.search({
      where: [],
      lifecycleStages: ['active'],
      terms: [
        { sql: 'experiments.last_update_time', bindings: [], descending: true },
        { sql: 'experiments.experiment_id', bindings: [], descending: true },
      ],
      limit: 10_000,
    });
    return experiments;
  }

  async #find(runId: string): Promise<StoredRun> {
    const run = await this.#runs.find(runId);
    if (!run) throw new NotFoundError(`No run ${runId}`);
    return run;
  }
}

/** Runs that made a version of the model, and runs of jobs that were meant to. */
export function ofModel(name: string): Sql {
  return {
    sql: `(runs.run_id IN (SELECT run_id FROM model_versions WHERE name = ?)
      OR runs.run_id IN (SELECT run_id FROM run_tags WHERE key = 'downstage.model' AND value = ?))`,
    bindings: [name, modelRefOf(name)],
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
      tags[stampedTags.dataset],
    ),
    jobId: run.jobId ?? tags[stampedTags.job],
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
