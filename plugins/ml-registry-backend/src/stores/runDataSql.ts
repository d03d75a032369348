import { isPostgres, type Database } from './database';

/**
 * The columns that carry all that hangs on a run, as JSON text made by the database: one statement for many runs, and
 * no object per metric where the text goes to a client as it is. The outer table must be `runs`.
 */
export function runDataColumns(db: Database): string {
  const json = isPostgres(db) ? postgres : sqlite;
  const entries = (table: string) =>
    `(SELECT ${json.list(
      "'key', x.key, 'value', x.value",
      'x.key',
    )} FROM ${table} x WHERE x.run_id = runs.run_id)`;
  return `${entries('params')} AS params,
    ${entries('run_tags')} AS tags,
    (SELECT ${json.list(
      `'key', x.key, 'value', ${json.double}, 'timestamp', x.timestamp, 'step', x.step`,
      'x.key',
    )} FROM latest_metrics x WHERE x.run_id = runs.run_id) AS metrics,
    (SELECT ${json.list(
      "'name', d.name, 'digest', d.digest, 'sourceType', d.source_type, 'source', d.source, 'schema', d.schema, 'profile', d.profile, 'tags', x.tags",
      'd.name',
    )} FROM run_datasets x JOIN datasets d ON d.dataset_id = x.dataset_id WHERE x.run_id = runs.run_id) AS datasets,
    (SELECT ${json.list(
      "'modelId', x.model_id, 'direction', x.direction, 'step', x.step",
      'x.model_id',
    )} FROM run_models x WHERE x.run_id = runs.run_id) AS models`;
}

/** Points of one metric as a JSON list in `points`, from a table `x` in its order. */
export function pointList(db: Database): string {
  const json = isPostgres(db) ? postgres : sqlite;
  return json.list(
    `'key', x.key, 'value', ${json.double}, 'timestamp', x.timestamp, 'step', x.step`,
  );
}

/** NaN and infinities are spelled as strings, because JSON has no numbers for them. */
const postgres = {
  double: `CASE WHEN x.is_nan THEN to_json('NaN'::text) ELSE to_json(x.value) END`,
  list: (fields: string, order?: string) =>
    `json_agg(json_build_object(${fields})${
      order ? ` ORDER BY ${order} COLLATE "C"` : ''
    })::text`,
};

const sqlite = {
  double: `CASE WHEN x.is_nan THEN 'NaN' WHEN x.value > 1.7976931348623157e308 THEN 'Infinity' WHEN x.value < -1.7976931348623157e308 THEN '-Infinity' ELSE x.value END`,
  list: (fields: string, order?: string) =>
    `json_group_array(json_object(${fields})${
      order ? ` ORDER BY ${order}` : ''
    })`,
};
