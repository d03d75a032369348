import { quoted } from '../profile/columnSql';
import { findPartitions } from './partitions';
import { readCsv } from './readCsv';
import { onDuckDb, type ReadOptions, type ReadResult } from './readVersion';

/** The beginning of a version as it would be read. Plain data: it crosses from one process to another. */
export type PreviewResult = Pick<ReadResult, 'dialect' | 'notes'> & {
  columns: { name: string; type: string }[];
  /** The first rows, every value as text, of the first columns; `null` is no value. */
  rows: (string | null)[][];
  lookedRows: number;
};

/** What is read, and how much of it is shown; the types of all columns are told. */
export type PreviewOptions = ReadOptions & {
  mostRows: number;
  mostColumns: number;
};

const longestValue = 200;

/**
 * Reads text as `readVersion` does, up to the table, and gives its first rows instead of writing and profiling it.
 *
 * @throws InputError with file, line, what was found and what is allowed
 */
export async function previewVersion(
  options: PreviewOptions,
): Promise<PreviewResult> {
  const { mostRows, mostColumns } = options;
  return onDuckDb(options, async connection => {
    const { parts, rows, dialect, notes } = await readCsv(connection, {
      ...options,
      partitions: findPartitions(options.files.map(file => file.path)),
      onBytes: () => {},
    });
    const [table] = parts ?? [];
    const described = await connection.runAndReadAll(`DESCRIBE ${table}`);
    const columns = described.getRowObjectsJS().map(row => ({
      name: String(row.column_name),
      type: String(row.column_type),
    }));
    const found = await connection.runAndReadAll(
      `SELECT ${columns
        .slice(0, mostColumns)
        .map(({ name }) => `left(${quoted(name)}::VARCHAR, ${longestValue})`)
        .join(', ')} FROM (${table}) LIMIT ${mostRows}`,
    );
    return {
      columns,
      rows: found
        .getRowsJS()
        .map(row =>
          row.map(value => (typeof value === 'string' ? value : null)),
        ),
      lookedRows: rows,
      dialect,
      notes,
    };
  });
}
