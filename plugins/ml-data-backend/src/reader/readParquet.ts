import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { listed } from '@downstage/common';
import { literal, quoted } from '../profile/columnSql';
import { ColumnKinds } from './ColumnKinds';
import { checkNames } from './columnNames';
import { refusal } from './Refusal';
import type { ReadRequest, TableParts } from './readVersion';
import { isWhole, uniteTypes } from './uniteTypes';

type Opened = { path: string; sql: string; types: Map<string, string> };
type Column = { name: string; type: string; from: string };

/**
 * Makes one table of Parquet files: what all of them say of a column, where that loses nothing.
 *
 * @remarks
 * Files that say the same, and lie in no folders that hold columns, are the table themselves: nothing is copied.
 */
export async function readParquet(
  connection: DuckDBConnection,
  request: ReadRequest,
): Promise<TableParts> {
  const opened: Opened[] = [];
  const rowsPerFile: Record<string, number> = {};
  for (const { path, size } of request.files) {
    const sql = literal(join(request.folder, path));
    const types = await typesOf(connection, { path, sql });
    const counted = await connection.runAndReadAll(
      `SELECT num_rows::DOUBLE FROM parquet_file_metadata(${sql})`,
    );
    rowsPerFile[path] = Number(counted.getRowsJS()[0][0]);
    opened.push({ path, sql, types });
    request.onBytes(size ?? 0);
  }
  const rows = Object.values(rowsPerFile).reduce((a, b) => a + b, 0);
  const { columns, notes, same } = await unite(connection, opened);
  checkNames(
    [...columns.map(column => column.name), ...request.partitions.names],
    opened.length > 1 ? `The files from ${opened[0].path} on` : opened[0].path,
  );
  if (same && !request.partitions.names.length) {
    return { parts: undefined, rows, rowsPerFile, notes };
  }
  return {
    parts: partsOf(opened, { columns, request }),
    rows,
    rowsPerFile,
    notes,
  };
}

async function typesOf(
  connection: DuckDBConnection,
  file: { path: string; sql: string },
) {
  // What DuckDB renames, it has read twice: the names come from the file itself.
  const found = await connection.runAndReadAll(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${file.sql}, hive_partitioning = false))`,
  );
  const own = await connection.runAndReadAll(
    `SELECT name, num_children FROM parquet_schema(${file.sql})`,
  );
  const names = topLevel(own.getRowsJS());
  checkNames(names, file.path);
  return new Map(
    found.getRowsJS().map(([name, type]) => [String(name), String(type)]),
  );
}

/** The names of the columns in a schema that lists all nodes depth first, the root before the rest. */
function topLevel(rows: unknown[][]): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = () => {
    const children = Number(rows[at][1] ?? 0);
    at += 1;
    for (let i = 0; i < children; i += 1) skip();
  };
  while (at < rows.length) {
    names.push(String(rows[at][0]));
    skip();
  }
  return names;
}

async function unite(connection: DuckDBConnection, opened: Opened[]) {
  const columns = new Map<string, Column>();
  const notes: string[] = [];
  const [first] = opened;
  let same = true;
  for (const file of opened) {
    if (![...file.types.keys()].some(name => first.types.has(name))) {
      throw refusal({
        file: file.path,
        found: `the columns are ${listed([...file.types.keys()])}, in ${
          first.path
        } ${listed([...first.types.keys()])}: none is the same`,
        allowed: 'The files of a folder are parts of one table',
      });
    }
    for (const [name, type] of file.types) {
      const known = columns.get(name);
      if (!known) {
        columns.set(name, { name, type, from: file.path });
      } else if (known.type !== type) {
        same = false;
        const united = await uniteColumn(connection, {
          known,
          file,
          type,
          opened,
        });
        notes.push(
          `Column '${name}' is ${known.type} in ${known.from} and ${type} in ${file.path}: read as ${united}`,
        );
        columns.set(name, { ...known, type: united });
      }
    }
  }
  for (const { name } of columns.values()) {
    const without = opened
      .filter(file => !file.types.has(name))
      .map(file => file.path);
    if (without.length) {
      same = false;
      notes.push(
        `Column '${name}' is empty for ${listed(
          without,
        )}, which does not have it`,
      );
    }
  }
  return {
    columns: [...columns.values()],
    notes:
      notes.length > 50
        ? [...notes.slice(0, 50), `and ${notes.length - 50} more such notes`]
        : notes,
    same,
  };
}

async function uniteColumn(
  connection: DuckDBConnection,
  options: { known: Column; file: Opened; type: string; opened: Opened[] },
): Promise<string> {
  const { known, file, type, opened } = options;
  const name = quoted(known.name);
  const before = opened.slice(0, opened.indexOf(file));
  const say = async (sql: string, files: Opened[]) => {
    for (const { sql: path, types } of files) {
      if (!types.has(known.name)) continue;
      const found = await connection.runAndReadAll(
        `SELECT ${sql} FROM read_parquet(${path}, hive_partitioning = false)`,
      );
      if (found.getRowsJS()[0][0] !== true) return false;
    }
    return true;
  };
  const united = uniteTypes(known.type, type);
  if (united) {
    if (!('needs' in united)) return united.type;
    const whole = [...before, file].filter(each =>
      isWhole(each.types.get(known.name) ?? ''),
    );
    const small = `coalesce(max(abs(${name}::HUGEINT)) <= 9007199254740992, true)`;
    if (await say(small, whole)) return united.type;
  } else {
    // A column without a single value fits to any: writers that guess types give it one at random.
    const empty = `count(${name}) = 0`;
    if (await say(empty, [file])) return known.type;
    if (await say(empty, before)) return type;
  }
  throw refusal({
    file: file.path,
    found: `column '${known.name}' is ${type}, in ${known.from} ${known.type}`,
    allowed: united
      ? 'Whole numbers beyond 2^53 do not fit in a double; write the column as one type'
      : 'Write the column as one type in all files',
  });
}

const literalOrNull = (value: string | null) =>
  value === null ? 'NULL' : literal(value);

/** One query for the files of each folder of partitions, in the order of the files. */
function partsOf(
  opened: Opened[],
  options: { columns: Column[]; request: ReadRequest },
): string[] {
  const { columns, request } = options;
  const { partitions } = request;
  const kinds = partitions.names.map(
    name => new ColumnKinds(name, { commas: false }),
  );
  const groups: { values: (string | null)[]; files: Opened[] }[] = [];
  for (const file of opened) {
    const values = partitions.of(file.path);
    values.forEach((value, i) => {
      if (value !== null) kinds[i].add(value, file.path, 1);
    });
    const last = groups.at(-1);
    if (last && JSON.stringify(last.values) === JSON.stringify(values)) {
      last.files.push(file);
    } else {
      groups.push({ values, files: [file] });
    }
  }
  const types = kinds.map(kind => kind.type({ decimalComma: false }));
  return groups.map(({ values, files }) => {
    const select = [
      ...columns.map(({ name, type }) => {
        const found = files.some(file => file.types.has(name));
        const sql = found ? `${quoted(name)}::${type}` : `NULL::${type}`;
        return `${sql} AS ${quoted(name)}`;
      }),
      ...partitions.names.map(
        (name, i) =>
          `${literalOrNull(values[i])}::${types[i]} AS ${quoted(name)}`,
      ),
    ];
    return `SELECT ${select.join(', ')} FROM read_parquet([${files
      .map(file => file.sql)
      .join(', ')}], hive_partitioning = false, union_by_name = true)`;
  });
}
