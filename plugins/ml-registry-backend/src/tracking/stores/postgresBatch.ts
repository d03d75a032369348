import type { Knex } from 'knex';
import type { PreparedBatch } from './prepareBatch';

const pointArrays = `unnest(?::text[], ?::bigint[], ?::bigint[], ?::float8[], ?::boolean[]) AS n (key, timestamp, step, value, is_nan)`;

/**
 * A batch in one statement, and so in one round trip and one transaction: the run's row is locked first, which makes
 * writers of one run wait for each other; then come the rows, in sorted order. A param that already has another value
 * would become null, which its column refuses, and nothing at all is written.
 */
export async function writePostgresBatch(
  knex: Knex,
  runId: string,
  batch: PreparedBatch,
): Promise<'written' | 'not active' | 'param changed'> {
  const parts = [
    `run AS MATERIALIZED (SELECT run_id FROM runs WHERE run_id = ? AND lifecycle_stage = 'active' FOR NO KEY UPDATE)`,
  ];
  const bindings: Knex.RawBinding[] = [runId];
  const add = (sql: string, ...arrays: Knex.RawBinding[]) => {
    parts.push(sql);
    bindings.push(...arrays);
  };
  const { params, points, latest, modelPoints, tags, name } = batch;
  if (params.length > 0) {
    add(
      `params_in AS (INSERT INTO params (run_id, key, value)
        SELECT run.run_id, n.key, n.value FROM run, unnest(?::text[], ?::text[]) AS n (key, value)
        ON CONFLICT (run_id, key) DO UPDATE SET value = NULL WHERE params.value <> excluded.value)`,
      params.map(({ key }) => key),
      params.map(({ value }) => value),
    );
  }
  if (points.length > 0) {
    add(
      `metrics_in AS (INSERT INTO metrics (run_id, key, timestamp, step, value, is_nan)
        SELECT run.run_id, n.* FROM run, ${pointArrays}
        ON CONFLICT DO NOTHING)`,
      ...columnsOf(points),
    );
    add(
      `latest_in AS (INSERT INTO latest_metrics AS old (run_id, key, timestamp, step, value, is_nan)
        SELECT run.run_id, n.* FROM run, ${pointArrays}
        ON CONFLICT (run_id, key) DO UPDATE SET timestamp = excluded.timestamp, step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
        WHERE (excluded.step, excluded.timestamp, excluded.value) > (old.step, old.timestamp, old.value))`,
      ...columnsOf(latest),
    );
  }
  if (modelPoints.length > 0) {
    add(
      `models_in AS (INSERT INTO logged_model_metrics (run_id, key, timestamp, step, value, is_nan, model_id, dataset_name, dataset_digest)
        SELECT run.run_id, n.* FROM run, unnest(?::text[], ?::bigint[], ?::bigint[], ?::float8[], ?::boolean[], ?::text[], ?::text[], ?::text[])
          AS n (key, timestamp, step, value, is_nan, model_id, dataset_name, dataset_digest)
        JOIN logged_models USING (model_id)
        ON CONFLICT (model_id, key, timestamp, step, run_id) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan,
          dataset_name = excluded.dataset_name, dataset_digest = excluded.dataset_digest)`,
      ...columnsOf(modelPoints),
      modelPoints.map(point => point.modelId),
      modelPoints.map(point => point.datasetName),
      modelPoints.map(point => point.datasetDigest),
    );
  }
  if (tags.length > 0) {
    add(
      `tags_in AS (INSERT INTO run_tags (run_id, key, value)
        SELECT run.run_id, n.key, n.value FROM run, unnest(?::text[], ?::text[]) AS n (key, value)
        ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value)`,
      tags.map(({ key }) => key),
      tags.map(({ value }) => value),
    );
  }
  if (name) {
    add(
      `name_in AS (UPDATE runs SET name = ? FROM run WHERE runs.run_id = run.run_id)`,
      name,
    );
  }
  try {
    const { rows } = await knex.raw(
      `WITH ${parts.join(', ')} SELECT 1 FROM run`,
      bindings,
    );
    return rows.length > 0 ? 'written' : 'not active';
  } catch (error) {
    if (isNullParam(error)) return 'param changed';
    throw error;
  }
}

function columnsOf(points: PreparedBatch['points']): Knex.RawBinding[] {
  return [
    points.map(point => point.key),
    // Digits: knex binds no bigint.
    points.map(point => String(point.timestamp)),
    points.map(point => String(point.step)),
    points.map(point => point.value),
    points.map(point => point.isNan),
  ];
}

function isNullParam(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === '23502' &&
    'table' in error &&
    error.table === 'params'
  );
}
