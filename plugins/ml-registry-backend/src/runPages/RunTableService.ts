import { NotFoundError } from '@backstage/errors';
import type { Authorizer, Call, Caller } from '@downstage/node';
import {
  mlRegistryReadPermission,
  type RunFields,
  type RunModel,
  type RunTablePage,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { nameOfModelRef, versionRefOf } from '../domain/refs';
import {
  compileComparison,
  runTables,
  type Sql,
} from '../searchGrammar/compile';
import { parseFilter } from '../searchGrammar/parseFilter';
import { runVocabulary } from '../searchGrammar/vocabulary';
import type { ExperimentStore } from '../stores/ExperimentStore';
import type { RunModelStore } from '../stores/RunModelStore';
import type { RunStore } from '../stores/RunStore';
import type { RunTableStore, RunValue } from '../stores/RunTableStore';
import { ofModel } from './RunQueryService';

const PARENT = 'mlflow.parentRunId';

/** The runs table of the portal: pages of columns, and the names there are to choose from. */
export class RunTableService {
  readonly #authorizer: Authorizer;
  readonly #knex: Knex;
  readonly #experiments: ExperimentStore;
  readonly #runs: RunStore;
  readonly #table: RunTableStore;
  readonly #models: RunModelStore;

  constructor(options: {
    authorizer: Authorizer;
    knex: Knex;
    experiments: ExperimentStore;
    runs: RunStore;
    table: RunTableStore;
    models: RunModelStore;
  }) {
    this.#authorizer = options.authorizer;
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
    await this.#require(caller);
    const scope = {
      experimentIds: await this.#experimentIds(request.experimentId),
      lifecycleStage: request.deleted
        ? ('deleted' as const)
        : ('active' as const),
      where: this.#where(request),
    };
    const { rows, nextCursor } = await this.#table.page(scope, request);
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
    return {
      runIds,
      names: rows.map(row => row.name),
      statuses: rows.map(row => row.status),
      experimentIds: rows.map(row => row.experimentId),
      userIds: rows.map(row => row.userId),
      startTimes: rows.map(row => row.startTime),
      endTimes: rows.map(row => row.endTime ?? null),
      parentRunIds: column(parents).map(asText),
      jobIds: rows.map(row => row.jobId ?? null),
      datasets: joined(runIds, datasets),
      deleted: rows.map(() => request.deleted),
      columns,
      ...(!request.cursor && { total: await this.#table.count(scope) }),
      nextCursor,
    };
  }

  async fields(
    request: { experimentId: string[] },
    { caller }: Call,
  ): Promise<RunFields> {
    await this.#require(caller);
    return this.#table.fields({
      experimentIds: await this.#experimentIds(request.experimentId),
      lifecycleStage: 'active',
      where: [],
    });
  }

  async models(
    runId: string,
    { caller }: Call,
  ): Promise<{ items: RunModel[] }> {
    await this.#require(caller);
    if (!(await this.#runs.findInfo(runId))) {
      throw new NotFoundError(`No run ${runId}`);
    }
    const models = await this.#models.ofRun(runId);
    return {
      items: models.map(({ creationTime, versions, ...model }) => ({
        ...model,
        createdAt: new Date(creationTime).toISOString(),
        versions: versions.map(({ name, version }) =>
          versionRefOf(name, version),
        ),
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

  /** Those asked for, or all that are not deleted. */
  async #experimentIds(asked: string[]): Promise<string[]> {
    if (asked.length > 0) return asked;
    const { experiments } = await this.#experiments.search({
      where: [],
      lifecycleStages: ['active'],
      terms: [
        { sql: 'experiments.experiment_id', bindings: [], descending: true },
      ],
      limit: 10_000,
    });
    return experiments.map(({ experimentId }) => experimentId);
  }

  async #require(caller: Caller) {
    await this.#authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
  }
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
