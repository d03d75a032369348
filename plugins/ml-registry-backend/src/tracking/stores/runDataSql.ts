import { isPostgres, type Database } from '../../kernel/database/database';

/** `fields` holds SQL whose text is JSON. */
function object(fields: Record<string, string>): string {
  const parts = Object.entries(fields).map(
    ([name, sql], index) => `'${index ? ',' : '{'}"${name}":' || ${sql}`,
  );
  return `${parts.join(' || ')} || '}'`;
}

/** JSON has no NaN and no infinities: they are spelled as strings. Numbers keep every digit. */
const postgres = {
  object,
  bound: '?::text',
  text: (column: string) => `COALESCE(to_json(x.${column})::text, 'null')`,
  double: (column: string, isNan: string) =>
    `CASE WHEN ${isNan} THEN '"NaN"' WHEN ${column} IN ('Infinity', '-Infinity') THEN '"' || ${column} || '"' ELSE ${column}::text END`,
  join: (item: string, separator: string) =>
    `string_agg(${item}, '${separator}')`,
  byBytes: (column: string) => `${column} COLLATE "C"`,
};

const sqlite = {
  object,
  bound: '?',
  text: (column: string) => `json_quote(x.${column})`,
  double: (column: string, isNan: string) =>
    `CASE WHEN ${isNan} THEN '"NaN"' WHEN ${column} > 1.7976931348623157e308 THEN '"Infinity"' WHEN ${column} < -1.7976931348623157e308 THEN '"-Infinity"' ELSE printf('%!.17g', ${column}) END`,
  join: (item: string, separator: string) =>
    `group_concat(${item}, '${separator}')`,
  byBytes: (column: string) => column,
};

/**
 * The columns that carry all that belongs to a run, as the items of JSON lists written by the database: one statement
 * for many runs, and no object per metric where the text goes to a client as it is. Null where there is nothing. The
 * outer table must be `runs`.
 */
export function runDataColumns(db: Database): string {
  const json = isPostgres(db) ? postgres : sqlite;
  const entry = json.object({
    key: json.text('key'),
    value: json.text('value'),
  });
  const dataset = json.object({
    name: json.text('name'),
    digest: json.text('digest'),
    sourceType: json.text('source_type'),
    source: json.text('source'),
    schema: json.text('schema'),
    profile: json.text('profile'),
    tags: json.text('tags'),
  });
  const model = json.object({
    modelId: json.text('model_id'),
    direction: json.text('direction'),
    step: 'step',
  });
  const list = (item: string, rows: string) =>
    `(SELECT ${json.join(item, ',')} FROM (${rows}) x)`;
  const own = (table: string, order: string) =>
    `SELECT * FROM ${table} WHERE ${table}.run_id = runs.run_id ORDER BY ${json.byBytes(
      order,
    )}`;
  return `${list(entry, own('params', 'key'))} AS params,
    ${list(entry, own('run_tags', 'key'))} AS tags,
    ${list(
      pointObject(db, json.text('key')),
      own('latest_metrics', 'key'),
    )} AS metrics,
    ${list(
      dataset,
      `SELECT d.*, i.tags FROM run_datasets i JOIN datasets d ON d.dataset_id = i.dataset_id WHERE i.run_id = runs.run_id ORDER BY i.position, ${json.byBytes(
        'd.name',
      )}`,
    )} AS datasets,
    ${list(model, own('run_models', 'model_id'))} AS models`;
}

/**
 * Points of one metric as the items of a JSON list, one a line: no line break stands in JSON otherwise, and so the last
 * of them is found again. `key` is bound as JSON.
 */
export function pointLines(db: Database): string {
  const json = isPostgres(db) ? postgres : sqlite;
  return json.join(pointObject(db, json.bound), ',\n');
}

function pointObject(db: Database, key: string): string {
  const json = isPostgres(db) ? postgres : sqlite;
  return json.object({
    key,
    value: json.double('value', 'is_nan'),
    timestamp: 'timestamp',
    step: 'step',
  });
}
