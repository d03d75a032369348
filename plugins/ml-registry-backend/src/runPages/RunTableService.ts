import { NotFoundError } from '@backstage/errors';
import type { Call } from '@downstage/node';
import {
  type RunFields,
  type RunModel,
  type RunTablePage,
  parseFilter,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { nameOfModelRef, versionRefOf } from '../kernel/refs';
import { compileComparison, runTables } from '../search/compile';
import type { Sql } from '../kernel/database/sql';
import { runVocabulary } from '../search/vocabulary';
import type { PageRequest } from '../search/keyset';
import type { ExperimentStore } from '../tracking/stores/ExperimentStore';
import type { RunModelStore } from './RunModelStore';
import type { RunStore } from '../tracking/stores/RunStore';
import type { RunTableStore, RunValue } from './RunTableStore';
import { ofModel } from './RunQueryService';
import type { RunReads } from '../access/RunReads';

const PARENT = 'mlflow.parentRunId';

/** The runs table of the portal: pages of columns, and the names there are to choose from. */
export class RunTableService {
  readonly #reads: RunReads;
  readonly #knex: Knex;
  readonly #experiments: ExperimentStore;
  readonly #runs: RunStore;
  readonly #table: RunTableStore;
  readonly #models: RunModelStore;

  constructor(options: {
    reads: RunReads;
    knex: Knex;
    experiments: ExperimentStore;
    runs: RunStore;
    table: RunTableStore;
    models: RunModelStore;
  }) {
    this.#reads = options.reads;
    this.#knex = options.knex;
    this.#experiments = options.experiments;
    this.#runs = options.runs;
    this.#table = options.table;
    this.#models = options.models;
  }

  /** @throws InputError when the filter cannot be read, saying what was found and what is allowed */
  async page(
    request: {
      experimentId: string[];
      filter?: string;
      sort: string;
      direction: 'asc' | 'desc';
      model?: string;
      job?: string;
      runId: string[];
      startedAfter?: number;
      deleted: boolean;
      column: string[];
      cursor?: string;
      limit: number;
    },
    { caller }: Call,
  ): Promise<RunTablePage> {
    const readable = await this.#reads.where('runs', caller);
    const scope = {
      experimentIds: asked(request.experimentId),
      lifecycleStage: request.deleted
        ? ('deleted' as const)
        : ('active' as const),
      where: [...this.#where(request), ...readable],
    };
    const [{ rows, nextCursor }, total] = await Promise.all([
      this.#table.page(scope, request),
      request.cursor ? undefined : this.#table.count(scope),
    ]);
    const runIds = rows.map(row => row.runId);
    const keysOf = (prefix: string) =>
      request.column
        .filter(column => column.startsWith(prefix))
        .map(column => column.slice(prefix.length));
    const column = columnsOver(runIds);
    const columns: Record<string, (string | number | null)[]> = {};
    for (const [prefix, table] of [
      ['metrics.', 'latest_metrics'],
      ['params.', 'params'],
      ['tags.', 'run_tags'],
    ] as const) {
      const keys = keysOf(prefix);
      const values = await this.#table.values(table, runIds, keys);
      for (const key of keys) {
        columns[`${prefix}${key}`] = column(
          values.filter(value => value.key === key && isFigure(value.value)),
        );
      }
    }
    const parents = await this.#table.values('run_tags', runIds, [PARENT]);
    const datasets = await this.#table.datasets(runIds);
    const experimentIds = rows.map(row => row.experimentId);
    const experimentNames = await this.#experiments.names(experimentIds, {
      where: await this.#reads.where('experiments', caller),
    });
    return {
      runIds,
      names: rows.map(row => row.name),
      statuses: rows.map(row => row.status),
      experimentIds,
      experimentNames: Object.fromEntries(experimentNames),
      userIds: rows.map(row => row.userId),
      startTimes: rows.map(row => row.startTime),
      endTimes: rows.map(row => row.endTime ?? null),
      parentRunIds: column(parents).map(asText),
      jobIds: rows.map(row => row.jobId ?? null),
      datasets: joined(runIds, datasets),
      deleted: rows.map(() => request.deleted),
      columns,
      ...(total !== undefined && { total }),
      nextCursor,
    };
  }

  async fields(
    { experimentId, model }: { experimentId: string[]; model?: string },
    { caller }: Call,
  ): Promise<RunFields> {
    const readable = await this.#reads.where('runs', caller);
    return this.#table.fields({
      experimentIds: asked(experimentId),
      lifecycleStage: 'active',
      where: [...(model ? [ofModel(nameOfModelRef(model))] : []), ...readable],
    });
  }

  async models(
    request: { runId: string } & PageRequest,
    { caller }: Call,
  ): Promise<{ items: RunModel[]; nextCursor?: string }> {
    const { runId } = request;
    const seen = await this.#reads.sees('runs', runId, caller);
    if (!seen || !(await this.#runs.findInfo(runId))) {
      throw new NotFoundError(`There is no run '${runId}'`);
    }
    const { models, nextCursor } = await this.#models.ofRun(runId, request);
    const logged = await this.#reads.among(
      'logged_models',
      models.map(({ modelId }) => modelId),
      caller,
    );
    const registered = await this.#reads.among(
      'registered_models',
      models.flatMap(({ versions }) => versions.map(({ name }) => name)),
      caller,
    );
    return {
      nextCursor,
      items: models
        .filter(({ modelId }) => logged.has(modelId))
        .map(({ creationTime, versions, ...model }) => ({
          ...model,
          createdAt: new Date(creationTime).toISOString(),
          versions: versions
            .filter(({ name }) => registered.has(name))
            .map(({ name, version }) => versionRefOf(name, version)),
        })),
    };
  }

  #where(request: {
    filter?: string;
    model?: string;
    job?: string;
    runId: string[];
    startedAfter?: number;
  }): Sql[] {
    const where = parseFilter(request.filter, runVocabulary).map(comparison =>
      compileComparison(this.#knex, comparison, {
        vocabulary: runVocabulary,
        tables: runTables,
      }),
    );
    const { job, model, runId, startedAfter } = request;
    if (job) where.push({ sql: 'runs.job_id = ?', bindings: [job] });
    if (model) where.push(ofModel(nameOfModelRef(model)));
    if (runId.length > 0) {
      const marks = runId.map(() => '?').join(', ');
      where.push({ sql: `runs.run_id IN (${marks})`, bindings: runId });
    }
    if (startedAfter !== undefined) {
      where.push({ sql: 'runs.start_time > ?', bindings: [startedAfter] });
    }
    return where;
  }
}

/** Those asked for; else all that are not deleted. */
function asked(experimentIds: string[]): string[] | undefined {
  return experimentIds.length > 0 ? experimentIds : undefined;
}

/** Lays values out in the order of the runs. */
function columnsOver(runIds: string[]) {
  const positions = new Map(runIds.map((runId, index) => [runId, index]));
  return (values: RunValue[]): (string | number | null)[] => {
    const column: (string | number | null)[] = runIds.map(() => null);
    for (const { runId, value } of values) {
      const position = positions.get(runId);
      if (position !== undefined) column[position] = value;
    }
    return column;
  };
}

function joined(
  runIds: string[],
  datasets: { runId: string; name: string; digest: string }[],
): (string | null)[] {
  const texts = new Map<string, string>();
  for (const { runId, name, digest } of datasets) {
    const before = texts.get(runId);
    const text = `${name} (${digest})`;
    texts.set(runId, before ? `${before}, ${text}` : text);
  }
  return runIds.map(runId => texts.get(runId) ?? null);
}

/** Infinity is stored as the largest double, and JSON knows neither. */
function isFigure(value: string | number): boolean {
  return typeof value === 'string' || Math.abs(value) < Number.MAX_VALUE;
}

function asText(value: string | number | null): string | null {
  return value === null ? null : String(value);
}
