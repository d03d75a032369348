// Fills the databases of the portal's plugins by SQL: what many teams make in some years, in a minute or two.

export const fullSize = {
  models: 20_000,
  versions: 100_000,
  endpoints: 5_000,
  jobs: 10_000,
};

/** The model that has more of everything than others, and what belongs to it. */
export const busiest = { name: 'model-000001', group: 'diagnostics' };

/** The checksum of nothing: the one file that all endpoints are said to have fetched. */
const emptyFile =
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Statements by plugin; `size` says how many of each thing, `served` is a file that every endpoint has fetched. */
export function seedStatements(size, { served }) {
  const { models, versions, endpoints, jobs } = size;
  // A fifth of the versions belongs to twenty models, as it is where some are retrained every day.
  const busy = Math.min(20, models);
  const usual = Math.max(1, Math.floor((versions * 0.8) / models));
  const more = Math.floor((versions - usual * models) / busy);
  const model = `'model-' || lpad(i::text, 6, '0')`;
  const last = `(CASE WHEN i <= ${busy} THEN ${
    usual + more
  } ELSE ${usual} END)`;
  // Three groups of the example company and forty-seven that the catalog does not know.
  const owner = `'group:default/' || CASE i % 50 WHEN 1 THEN 'diagnostics' WHEN 2 THEN 'credit' WHEN 3 THEN 'platform' ELSE 'team-' || i % 50 END`;
  const start = 1767225600;
  const ms = `(${start}000 + i * 1000::bigint)`;
  const isoAt = seconds =>
    `to_char(to_timestamp(${seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')`;
  const iso = isoAt(`${start} + i`);
  const run = `lpad(to_hex(i), 8, '0') || lpad(to_hex(v), 24, '0')`;
  const grid = `generate_series(1, ${models}) i, generate_series(1, ${last}) v`;
  const experiment = '(1 + i % 2000)';
  // Two of three models serve their newest version; another sixth has a candidate.
  const stage = `CASE WHEN v = ${last} THEN CASE i % 6 WHEN 0 THEN 'candidate' WHEN 5 THEN 'staging' ELSE 'production' END ELSE 'archived' END`;
  const verdicts = JSON.stringify([
    {
      gate: 'artifact digests',
      status: 'passed',
      saw: 'sha256:0',
      wanted: '1 file as uploaded',
      message: 'The checksums of 1 file are those of the upload',
    },
  ]);
  const evidence = `{"at":"2026-01-01T00:00:00.000Z","metrics":{},"datasets":[]}`;
  const later = '2099-01-01T00:00:00.000Z';
  return {
    'ml-registry': [
      `INSERT INTO experiments (experiment_id, name, artifact_location, creation_time, last_update_time, owner, created_by)
       SELECT i, 'experiment-' || i, 'mlflow-artifacts:/' || i, ${ms}, ${ms}, ${owner}, 'user:default/ann' FROM generate_series(1, 2000) i`,
      `SELECT setval(pg_get_serial_sequence('experiments', 'experiment_id'), 2000)`,
      `INSERT INTO registered_models (name, creation_time, last_updated_time, description, last_version, owner, created_by, entity_read)
       SELECT ${model}, ${ms}, ${ms}, 'Model ' || i || ' of the benchmark', ${last}, ${owner}, 'user:default/ann', true FROM generate_series(1, ${models}) i`,
      `INSERT INTO model_entities (name, has_entity, risk, search_text, read_at)
       SELECT ${model}, false, (ARRAY['minimal','limited','high'])[1 + i % 3], ${owner}, '2026-01-01T00:00:00.000Z' FROM generate_series(1, ${models}) i`,
      `INSERT INTO runs (run_id, experiment_id, name, status, user_id, start_time, end_time, artifact_uri, owner, created_by)
       SELECT ${run}, ${experiment}, 'run-' || v, 'FINISHED', 'ann', ${ms} + v, ${ms} + v + 60000, 'mlflow-artifacts:/' || ${experiment} || '/' || ${run} || '/artifacts', ${owner}, 'user:default/ann' FROM ${grid}`,
      `INSERT INTO latest_metrics (run_id, key, timestamp, step, value, is_nan)
       SELECT ${run}, key, ${ms}, 0, 0.5 + (i * 31 + v * 7) % 500 / 1000.0, false FROM ${grid}, unnest(ARRAY['auc','loss','f1']) key`,
      `INSERT INTO metrics (run_id, key, timestamp, step, value, is_nan) SELECT run_id, key, timestamp, step, value, is_nan FROM latest_metrics`,
      `INSERT INTO params (run_id, key, value) SELECT ${run}, key, ((v + i) % 9)::text FROM ${grid}, unnest(ARRAY['depth','rate']) key`,
      `INSERT INTO run_tags (run_id, key, value) SELECT ${run}, 'mlflow.runName', 'run-' || v FROM ${grid}`,
      `INSERT INTO model_versions (name, version, creation_time, last_updated_time, created_by, stage, mlflow_stage, source, storage_location, run_id, status, flavors_read, check_opened)
       SELECT ${model}, v, ${ms} + v, ${ms} + v, 'user:default/ann', ${stage}, ${stage}, 'runs:/' || ${run} || '/model', 'mlflow-artifacts:/' || ${experiment} || '/' || ${run} || '/artifacts/model', ${run}, 'READY', true, true FROM ${grid}`,
      `INSERT INTO model_version_flavors (name, version, flavor) SELECT ${model}, v, (ARRAY['sklearn','onnx'])[1 + i % 2] FROM ${grid}`,
      `INSERT INTO model_version_tags (name, version, key, value) SELECT ${model}, v, 'purpose', 'p' || (i + v) % 20 FROM ${grid}`,
      `INSERT INTO registered_model_aliases (name, alias, version) SELECT ${model}, 'champion', ${last} FROM generate_series(1, ${models}) i WHERE i % 6 NOT IN (0, 5)`,
      `INSERT INTO version_checks (id, name, version, announced, looks, next_reconcile_at, verdicts, verdicts_basis, verdicts_at, model_file)
       SELECT ${model} || '@' || v, ${model}, v, true, 1, NULL, '${verdicts}', '', '2026-01-01T00:00:00.000Z', '{"flavors":["onnx"]}' FROM ${grid}`,
      `INSERT INTO ledger (name, at, actor, action, version, message, flagged)
       SELECT ${model}, ${isoAt(
        `${start} + i + v`,
      )}, 'user:default/ann', 'version-created', v, 'Version ' || v || ' was made', false FROM ${grid}`,
      // Every version was in production once, and left it for the next one.
      `INSERT INTO ledger (name, at, actor, action, version, from_stage, to_stage, message, flagged)
       SELECT ${model}, ${isoAt(
        `${start} + i + v * 86400`,
      )}, 'user:default/eve', 'promoted', v, 'candidate', 'production', 'Version ' || v || ' entered production', false FROM ${grid} WHERE i % 6 NOT IN (0, 5) ORDER BY v, i`,
      `INSERT INTO promotions (id, name, version, from_stage, to_stage, state, requested_by, owner, gates, evidence, approvals_needed, created_at)
       SELECT 'promotion-' || i || '-' || v, ${model}, v, 'candidate', 'production', CASE WHEN v = ${last} AND i % 10 = 1 THEN 'waiting-for-approval' ELSE 'approved' END, 'user:default/ann', ${owner}, '[]', '${evidence}', 1, ${isoAt(
        `${start} + i + v`,
      )} FROM ${grid} WHERE v <= 2 OR v = ${last} OR i <= ${busy}`,
      `INSERT INTO run_views (id, scope, name, state, created_by, updated_at)
       SELECT 'view-' || i, 'all', 'View ' || i, '{}', 'user:default/ann', ${iso} FROM generate_series(1, 1000) i`,
      `INSERT INTO webhooks (id, name, url, events, status, created_by, created_at, updated_at)
       SELECT 'webhook-' || i, 'webhook-' || i, 'https://example.com/hook', '["*"]', 'DISABLED', 'user:default/dora', ${ms}, ${ms} FROM generate_series(1, 1000) i`,
      `INSERT INTO imports (id, uri, source, state, cursor, stages, created_by, created_at, finished_at)
       SELECT 'import-' || i, 'https://mlflow.example.com/' || i, 'source-' || i, 'succeeded', '{"phase":"experiment"}', 'record', 'user:default/dora', ${iso}, ${iso} FROM generate_series(1, 1000) i`,
      `INSERT INTO garbage_collections (id, state, created_by, created_at, deleted_before, kept)
       SELECT 'garbage-' || i, 'done', 'user:default/dora', ${iso}, ${iso}, '[]' FROM generate_series(1, 1000) i`,
      'VACUUM ANALYZE',
    ],
    'ml-serving': [
      `INSERT INTO endpoints (id, namespace, name, model_ref, owner, generation, observed_generation, wanted_version, state, conditions, created_by, created_at, next_reconcile_at)
       SELECT 'default/' || ${model}, 'default', ${model}, 'model:default/' || ${model}, ${owner}, 1, 1, ${last}, (ARRAY['ready','ready','ready','failed'])[1 + i % 4], '[]', 'user:default/ann', ${iso}, '${later}' FROM generate_series(1, ${endpoints}) i`,
      `INSERT INTO endpoint_versions (endpoint_id, version, path, sha256, features, predictions)
       SELECT id, wanted_version, '${served}', '${emptyFile}', '[]', '[]' FROM endpoints`,
      `INSERT INTO endpoint_variants (endpoint_id, variant, version, weight, mode)
       SELECT id, 'champion', wanted_version, 100, 'live' FROM endpoints`,
      `INSERT INTO rollouts (id, endpoint_id, number, state, from_variants, to_variants, started_by, reason, message, started_at, ended_at)
       SELECT id || '#1', id, 1, 'succeeded', '[]', '[{"name":"champion","version":' || wanted_version || ',"weight":100,"mode":"live"}]', created_by, 'Deployed', 'Seeded', created_at, created_at FROM endpoints`,
      'VACUUM ANALYZE',
    ],
    'ml-monitoring': [
      `INSERT INTO monitors (id, model_ref, namespace, name, owner, version, status, message, created_at, next_reconcile_at)
       SELECT 'model:default/' || ${model}, 'model:default/' || ${model}, 'default', ${model}, ${owner}, ${last}, (ARRAY['ok','ok','ok','warning','drift'])[1 + i % 5], 'Seeded', ${iso}, '${later}' FROM generate_series(1, ${endpoints}) i`,
      `INSERT INTO windows (id, monitor_id, model_ref, version, from_at, to_at, rows, status, message, trigger, drifted_columns, epsilon, columns, created_at)
       SELECT 'window-' || i, 'model:default/${busiest.name}', 'model:default/${busiest.name}', 1, ${iso}, ${iso}, 500, 'ok', 'No drift', 'schedule', '[]', 0.0001, '[]', ${iso} FROM generate_series(1, 2000) i`,
      'VACUUM ANALYZE',
    ],
    'ml-jobs': [
      // A runtime that this portal does not have: the jobs wait, whatever is free.
      `INSERT INTO jobs (id, name, owner, model, state, repository, "commit", definition, definition_given, parameters, inputs, warnings, runtime, attempt, created_by, created_at, next_reconcile_at)
       SELECT 'job-' || i, 'train', ${owner}, 'model:default/' || ${model}, 'queued', 'file:///benchmark', '${'0'.repeat(
        40,
      )}', '{"apiVersion":"downstage.dev/v1","kind":"Job","entryPoint":"true"}', true, '{}', '[]', '[]', 'benchmark', 0, 'user:default/ann', ${iso}, '${later}' FROM generate_series(1, ${jobs}) i`,
      `INSERT INTO jobs (id, name, owner, model, state, repository, "commit", definition, definition_given, parameters, inputs, warnings, runtime, attempt, created_by, created_at, started_at, ended_at)
       SELECT 'done-' || i, 'train', ${owner}, 'model:default/' || ${model}, 'succeeded', 'file:///benchmark', '${'0'.repeat(
        40,
      )}', '{"apiVersion":"downstage.dev/v1","kind":"Job","entryPoint":"true"}', true, '{}', '[]', '[]', 'benchmark', 1, 'user:default/ann', ${iso}, ${iso}, ${iso} FROM generate_series(1, ${models}) i`,
      'VACUUM ANALYZE',
    ],
    'ml-tokens': [
      `INSERT INTO tokens (id, name, kind, owner, hash, hint, scopes, created_by, created_at, expires_at)
       SELECT 'token-' || i, 'token-' || i, 'service', 'group:default/diagnostics', 'hash-' || i, 'dst_x', '["read"]', 'user:default/ann', ${iso}, '${later}' FROM generate_series(1, 2000) i`,
      'VACUUM ANALYZE',
    ],
  };
}
