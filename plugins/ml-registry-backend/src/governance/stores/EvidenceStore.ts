import type { Measurement } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { optional, type Database } from './database';

/** Reads what evidence is made of beside the version itself. */
export class EvidenceStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * Metrics of the version's logged model that name the data they were measured on, newest first. Any run may log
   * them: that is how a champion is measured again on new data.
   */
  async measurements(name: string, version: number): Promise<Measurement[]> {
    const rows: {
      key: string;
      value: number;
      dataset_name: string;
      dataset_digest: string;
    }[] = await this.#knex('logged_model_metrics')
      .join(
        'model_versions',
        'model_versions.model_id',
        'logged_model_metrics.model_id',
      )
      .where({
        'model_versions.name': name,
        'model_versions.version': version,
        'logged_model_metrics.is_nan': false,
      })
      .whereNot('logged_model_metrics.dataset_digest', '')
      .orderBy([
        { column: 'logged_model_metrics.step', order: 'desc' },
        { column: 'logged_model_metrics.timestamp', order: 'desc' },
        { column: 'logged_model_metrics.value', order: 'desc' },
      ])
      .select('key', 'value', 'dataset_name', 'dataset_digest')
      .limit(2_000);
    const seen = new Set<string>();
    return rows.flatMap(row => {
      const id = JSON.stringify([
        row.key,
        row.dataset_name,
        row.dataset_digest,
      ]);
      if (seen.has(id)) return [];
      seen.add(id);
      return [
        {
          metric: row.key,
          value: row.value,
          dataset: { name: row.dataset_name, digest: row.dataset_digest },
        },
      ];
    });
  }

  /** Everybody who made the version: who registered it, and who made the one it is a copy of. */
  async authors(name: string, version: number): Promise<string[]> {
    const row:
      | { created_by: string | null; original_author: string | null }
      | undefined = await this.#knex('model_versions')
      .where({ name, version })
      .first('created_by', 'original_author');
    return [
      ...new Set(
        [optional(row?.created_by), optional(row?.original_author)].filter(
          author => author !== undefined,
        ),
      ),
    ];
  }

  /** What may change from one moment to the next, read inside the transaction that decides. */
  async quickFacts(
    db: Database,
    key: { name: string; version: number },
  ): Promise<{
    tags: Record<string, string>;
    metrics: Record<string, number>;
  }> {
    const tags: { key: string; value: string }[] = await db(
      'model_version_tags',
    )
      .where({ name: key.name, version: key.version })
      .select('key', 'value');
    const metrics: { key: string; value: number; is_nan: boolean | number }[] =
      await db('latest_metrics')
        .join(
          'model_versions',
          'model_versions.run_id',
          'latest_metrics.run_id',
        )
        .where({
          'model_versions.name': key.name,
          'model_versions.version': key.version,
        })
        .select('key', 'value', 'is_nan');
    return {
      tags: Object.fromEntries(tags.map(tag => [tag.key, tag.value])),
      metrics: Object.fromEntries(
        metrics
          // MLflow keeps infinity as the largest double; neither is a figure to compare.
          .filter(
            ({ is_nan, value }) =>
              !is_nan && Math.abs(value) < Number.MAX_VALUE,
          )
          .map(metric => [metric.key, metric.value]),
      ),
    };
  }
}
