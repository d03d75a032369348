import type { Knex } from 'knex';
import type { Point, PreparedBatch } from './prepareBatch';

/** What is used of the driver's connection; it works within the call, without promises. */
type Connection = {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
};
type Statement = {
  run(...values: unknown[]): { changes: number };
  get(...values: unknown[]): unknown;
};

const sql = {
  run: `SELECT 1 FROM runs WHERE run_id = ? AND lifecycle_stage = 'active'`,
  param: `INSERT INTO params (run_id, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
  sameParam: `SELECT 1 FROM params WHERE run_id = ? AND key = ? AND value = ?`,
  point: `INSERT INTO metrics (run_id, key, timestamp, step, value, is_nan) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  latest: `INSERT INTO latest_metrics (run_id, key, timestamp, step, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (run_id, key) DO UPDATE SET timestamp = excluded.timestamp, step = excluded.step, value = excluded.value, is_nan = excluded.is_nan
    WHERE (excluded.step, excluded.timestamp, excluded.value) > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)`,
  modelPoint: `INSERT INTO logged_model_metrics (run_id, key, timestamp, step, value, is_nan, dataset_name, dataset_digest, model_id)
    SELECT ?, ?, ?, ?, ?, ?, ?, ?, model_id FROM logged_models WHERE model_id = ?
    ON CONFLICT (model_id, key, timestamp, step, run_id) DO UPDATE SET value = excluded.value, is_nan = excluded.is_nan,
      dataset_name = excluded.dataset_name, dataset_digest = excluded.dataset_digest`,
  tag: `INSERT INTO run_tags (run_id, key, value) VALUES (?, ?, ?) ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value`,
  name: `UPDATE runs SET name = ? WHERE run_id = ?`,
};

const prepared = new WeakMap<Connection, Map<string, Statement>>();

/**
 * A batch in one transaction of SQLite that is begun, written and committed within a call: nothing else can come
 * between, and each row is one execution of a statement that was prepared once.
 */
export async function writeSqliteBatch(
  knex: Knex,
  runId: string,
  batch: PreparedBatch,
): Promise<'written' | 'not active' | 'param changed'> {
  const connection: Connection = await knex.client.acquireConnection();
  try {
    return transact(connection, () => write(connection, runId, batch));
  } finally {
    await knex.client.releaseConnection(connection);
  }
}

function write(
  connection: Connection,
  runId: string,
  batch: PreparedBatch,
): 'written' | 'not active' | 'param changed' {
  const statement = statementsOf(connection);
  if (!statement(sql.run).get(runId)) return 'not active';
  for (const { key, value } of batch.params) {
    if (statement(sql.param).run(runId, key, value).changes > 0) continue;
    // The key was there.
    if (!statement(sql.sameParam).get(runId, key, value))
      return 'param changed';
  }
  for (const point of batch.points) {
    statement(sql.point).run(runId, ...columnsOf(point));
  }
  for (const point of batch.latest) {
    statement(sql.latest).run(runId, ...columnsOf(point));
  }
  for (const point of batch.modelPoints) {
    statement(sql.modelPoint).run(
      runId,
      ...columnsOf(point),
      point.datasetName,
      point.datasetDigest,
      point.modelId,
    );
  }
  for (const { key, value } of batch.tags) {
    statement(sql.tag).run(runId, key, value);
  }
  if (batch.name) statement(sql.name).run(batch.name, runId);
  return 'written';
}

function statementsOf(connection: Connection): (text: string) => Statement {
  let known = prepared.get(connection);
  if (!known) {
    known = new Map();
    prepared.set(connection, known);
  }
  const statements = known;
  return text => {
    let statement = statements.get(text);
    if (!statement) {
      statement = connection.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
}

/** Commits when it was written, and takes everything back otherwise. */
function transact<T extends string>(connection: Connection, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec(result === 'written' ? 'COMMIT' : 'ROLLBACK');
    return result;
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

function columnsOf({ key, timestamp, step, value, isNan }: Point): unknown[] {
  return [key, timestamp, step, value, isNan ? 1 : 0];
}
