import type { Measurement } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { optional, type Database } from '../../kernel/database/database';

const ownerOfModel =
  'COALESCE(registered_models.owner, registered_models.entity_owner)';

/**
 * Whether the run of a measurement is the owner's: of the registered or of the logged model. The run that made the model
 * is, also when it is gone. Of other runs that are gone nobody knows whose they were.
 */
const isByOwner = `(
  logged_model_metrics.run_id = logged_models.source_run_id
  OR runs.owner = logged_models.owner
  OR runs.owner = ${ownerOfModel}
  OR COALESCE(logged_models.owner, ${ownerOfModel}) IS NULL
)`;

/** Reads what evidence is made of beside the version itself. */
export class EvidenceStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * Metrics of the version's logged model that name the data they were measured on, newest first. Later runs measure a
   * champion again on new data, and any run may log what it likes: those of the owner count, no others. Where nobody
   * owns the model, anybody may write it, and all count.
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
      .join(
        'logged_models',
        'logged_models.model_id',
        'logged_model_metrics.model_id',
      )
      .join(
        'registered_models',
        'registered_models.name',
        'model_versions.name',
      )
      .leftJoin('runs', 'runs.run_id', 'logged_model_metrics.run_id')
      .whereRaw(isByOwner)
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
      .select(
        'logged_model_metrics.key',
        'logged_model_metrics.value',
        'logged_model_metrics.dataset_name',
        'logged_model_metrics.dataset_digest',
      )
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
