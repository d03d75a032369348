// The same content in both schemas, written past both servers: `runs` runs in experiment 1, each with 20 metrics,
// 10 params and 10 tags. The oldest run has one metric with `points` points.

export const start = 1_700_000_000_000;

/** The id of the n-th run: hexadecimal, and in no order that an index could profit from. */
export function runId(n) {
  const scrambled = (BigInt(n) * 2654435761n) % 4294967296n;
  return (
    scrambled.toString(16).padStart(8, '0') + n.toString(16).padStart(24, '0')
  );
}

/** Statements that both databases understand, after `seed_runs (i, id)` and `seed_numbers (k)` were made. */
const numbers = (kind, size) =>
  kind === 'postgresql'
    ? [
        `CREATE TEMP TABLE seed_numbers AS SELECT generate_series(0, ${
          Math.max(size.points, 20) - 1
        }) AS k`,
        `CREATE TEMP TABLE seed_runs AS SELECT i, lpad(to_hex((i::bigint * 2654435761) % 4294967296), 8, '0') || lpad(to_hex(i), 24, '0') AS id FROM generate_series(0, ${
          size.runs - 1
        }) AS i ORDER BY 2`,
      ]
    : [
        `CREATE TEMP TABLE seed_numbers AS WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < ${
          Math.max(size.points, 20) - 1
        }) SELECT k FROM n`,
        `CREATE TEMP TABLE seed_runs AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${
          size.runs - 1
        }) SELECT i, printf('%08x%024x', (i * 2654435761) % 4294967296, i) AS id FROM n ORDER BY 2`,
      ];

const value = '((i * 7919 + k * 104729) % 100003) / 100003.0';
const no = kind => (kind === 'postgresql' ? 'false' : '0');
const pairs = (count, order) =>
  `FROM seed_runs, seed_numbers WHERE k < ${count} ORDER BY ${order}`;
const history = size => `FROM seed_numbers WHERE k < ${size.points} ORDER BY k`;
const loss = '1.0 / (1 + k)';

export function seedOfMlflow(kind, size) {
  const first = runId(0);
  return [
    ...numbers(kind, size),
    `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) VALUES (1, 'benchmark', 'mlflow-artifacts:/1', 'active', ${start}, ${start})`,
    `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
     SELECT id, 'run-' || i, 'UNKNOWN', '', '', 'benchmark', 'FINISHED', ${start} + i * 1000, ${start} + i * 1000 + 500, '', 'active', 'mlflow-artifacts:/1/' || id || '/artifacts', 1 FROM seed_runs`,
    `INSERT INTO params (key, value, run_uuid) SELECT 'p' || k, 'v' || (i * (k + 3) % 50), id ${pairs(
      10,
      'k, id',
    )}`,
    `INSERT INTO tags (key, value, run_uuid) SELECT 't' || k, 'x' || (i * (k + 7) % 20), id ${pairs(
      10,
      'k, id',
    )}`,
    `INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT 'm' || k, ${value}, ${start} + i * 1000, 0, ${no(
      kind,
    )}, id ${pairs(20, 'k, id')}`,
    `INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT 'm' || k, ${value}, ${start} + i * 1000, 0, ${no(
      kind,
    )}, id ${pairs(20, 'k, id')}`,
    `INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) SELECT 'loss', ${loss}, ${start} + k * 100, k, ${no(
      kind,
    )}, '${first}' ${history(size)}`,
    `INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES ('loss', 1.0 / ${
      size.points
    }, ${start} + ${size.points - 1} * 100, ${size.points - 1}, ${no(
      kind,
    )}, '${first}')`,
    ...finish(kind),
  ];
}

export function seedOfOurs(kind, size) {
  const first = runId(0);
  return [
    ...numbers(kind, size),
    `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time) VALUES (1, 'benchmark', 'mlflow-artifacts:/1', 'active', ${start}, ${start})`,
    `INSERT INTO runs (run_id, experiment_id, name, status, user_id, start_time, end_time, lifecycle_stage, artifact_uri, created_by)
     SELECT id, 1, 'run-' || i, 'FINISHED', 'benchmark', ${start} + i * 1000, ${start} + i * 1000 + 500, 'active', 'mlflow-artifacts:/1/' || id || '/artifacts', 'service:benchmark' FROM seed_runs`,
    `INSERT INTO params (run_id, key, value) SELECT id, 'p' || k, 'v' || (i * (k + 3) % 50) ${pairs(
      10,
      'id, k',
    )}`,
    `INSERT INTO run_tags (run_id, key, value) SELECT id, 't' || k, 'x' || (i * (k + 7) % 20) ${pairs(
      10,
      'id, k',
    )}`,
    `INSERT INTO metrics (run_id, key, value, timestamp, step, is_nan) SELECT id, 'm' || k, ${value}, ${start} + i * 1000, 0, ${no(
      kind,
    )} ${pairs(20, 'id, k')}`,
    `INSERT INTO latest_metrics (run_id, key, value, timestamp, step, is_nan) SELECT id, 'm' || k, ${value}, ${start} + i * 1000, 0, ${no(
      kind,
    )} ${pairs(20, 'id, k')}`,
    `INSERT INTO metrics (run_id, key, value, timestamp, step, is_nan) SELECT '${first}', 'loss', ${loss}, ${start} + k * 100, k, ${no(
      kind,
    )} ${history(size)}`,
    `INSERT INTO latest_metrics (run_id, key, value, timestamp, step, is_nan) VALUES ('${first}', 'loss', 1.0 / ${
      size.points
    }, ${start} + ${size.points - 1} * 100, ${size.points - 1}, ${no(kind)})`,
    ...finish(kind),
  ];
}

/** Ids go on after ours, and the planner knows what is there, as it would after a night. */
function finish(kind) {
  return kind === 'postgresql'
    ? [
        `SELECT setval(pg_get_serial_sequence('experiments', 'experiment_id'), 1)`,
        'VACUUM ANALYZE',
        'CHECKPOINT',
      ]
    : ['DROP TABLE seed_runs', 'DROP TABLE seed_numbers', 'ANALYZE'];
}
