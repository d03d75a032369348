import type { DatasetInput } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { chunks, groupBy, optional } from '../../kernel/database/database';
import { loggedDataset } from '../../kernel/datasets';

/** What a run says of a version that was made from it. */
export type RunFact = {
  experimentId: string;
  status: string;
  jobId?: string;
  owner?: string;
  params: Record<string, string>;
  /** Finite ones only: JSON knows no others. */
  metrics: Record<string, number>;
  tags: Record<string, string>;
  datasets: DatasetInput[];
};

type PairRow = { run_id: string; key: string; value: string };

/** Reads what versions tell of their runs, a few statements for any number of runs. */
export class RunFactStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Runs by id, those that exist. */
  async of(runIds: string[]): Promise<Map<string, RunFact>> {
    const found = new Map<string, RunFact>();
    for (const ids of chunks([...new Set(runIds)])) {
      const runs: {
        run_id: string;
        experiment_id: number;
        status: string;
        job_id: string | null;
        owner: string | null;
      }[] = await this.#knex('runs').whereIn('run_id', ids);
      const params = await this.#pairs('params', ids);
      const tags = await this.#pairs('run_tags', ids);
      const metrics: {
        run_id: string;
        key: string;
        value: number;
        is_nan: boolean | number;
      }[] = await this.#knex('latest_metrics').whereIn('run_id', ids);
      const metricsOf = groupBy(metrics, row => row.run_id);
      const datasets: {
        run_id: string;
        name: string;
        digest: string;
        context: string | null;
        tags: string;
      }[] = await this.#knex('run_datasets')
        .join('datasets', 'datasets.dataset_id', 'run_datasets.dataset_id')
        .whereIn('run_datasets.run_id', ids)
        .select(
          'run_datasets.run_id',
          'datasets.name',
          'datasets.digest',
          'run_datasets.context',
          'run_datasets.tags',
        )
        .orderBy(['run_datasets.position', 'datasets.name', 'datasets.digest']);
      const datasetsOf = groupBy(datasets, row => row.run_id);
      for (const run of runs) {
        found.set(run.run_id, {
          experimentId: String(run.experiment_id),
          status: run.status,
          jobId: optional(run.job_id),
          owner: optional(run.owner),
          params: asRecord(params.get(run.run_id)),
          tags: asRecord(tags.get(run.run_id)),
          metrics: Object.fromEntries(
            (metricsOf.get(run.run_id) ?? [])
              .filter(row => !row.is_nan && isFiniteMetric(row.value))
              .map(row => [row.key, row.value]),
          ),
          datasets: (datasetsOf.get(run.run_id) ?? []).map(row =>
            loggedDataset(row, {
              ...(row.context && { 'mlflow.data.context': row.context }),
              ...JSON.parse(row.tags),
            }),
          ),
        });
      }
    }
    return found;
  }

  async #pairs(table: 'params' | 'run_tags', ids: string[]) {
    const rows: PairRow[] = await this.#knex(table).whereIn('run_id', ids);
    return groupBy(rows, row => row.run_id);
  }

  /** Runs that these jobs made and nobody deleted, newest first. */
  async ofJobs(jobIds: string[]): Promise<{ runId: string; jobId: string }[]> {
    const rows: { run_id: string; job_id: string }[] = await this.#knex('runs')
      .whereIn('job_id', jobIds)
      .where({ lifecycle_stage: 'active' })
      .orderBy('start_time', 'desc')
      .select('run_id', 'job_id');
    return rows.map(row => ({ runId: row.run_id, jobId: row.job_id }));
  }
}

/** MLflow stores infinity as the largest double; neither is a figure to compare. */
function isFiniteMetric(value: number) {
  return Number.isFinite(value) && Math.abs(value) < Number.MAX_VALUE;
}

function asRecord(rows: PairRow[] = []): Record<string, string> {
  return Object.fromEntries(rows.map(row => [row.key, row.value]));
}
