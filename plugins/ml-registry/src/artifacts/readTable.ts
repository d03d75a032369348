import Papa from 'papaparse';

/** A table to look at: the first rows of a file, and how many there are. */
export type FileTable = {
  columns: string[];
  rows: unknown[][];
  total: number;
};

/** So many rows are kept; the others are in the file. */
const MOST_ROWS = 20_000;

export function readCsv(text: string, path: string): FileTable {
  const { data } = Papa.parse<string[]>(text, {
    skipEmptyLines: true,
    delimiter: /\.tsv$/i.test(path) ? '\t' : '',
  });
  const [columns = [], ...rows] = data;
  return { columns, rows: rows.slice(0, MOST_ROWS), total: rows.length };
}

/** Reads Parquet in the browser; only the rows that are shown are decoded. The reader is loaded when it is needed. */
export async function readParquet(content: ArrayBuffer): Promise<FileTable> {
  const { parquetMetadataAsync, parquetReadObjects } = await import(
    'hyparquet'
  );
  const { compressors } = await import('hyparquet-compressors');
  const file = {
    byteLength: content.byteLength,
    slice: async (start: number, end?: number) => content.slice(start, end),
  };
  const metadata = await parquetMetadataAsync(file);
  const total = Number(metadata.num_rows);
  const objects = await parquetReadObjects({
    file,
    metadata,
    compressors,
    rowStart: 0,
    rowEnd: Math.min(total, MOST_ROWS),
  });
  const columns = [
    ...new Set(objects.slice(0, 100).flatMap(row => Object.keys(row))),
  ];
  return {
    columns,
    rows: objects.map(row => columns.map(column => row[column])),
    total,
  };
}

/**
 * The table that `mlflow.log_table` writes (`columns` and `data`), or a list of records; undefined when the JSON is
 * neither.
 */
export function tableOfJson(json: unknown): FileTable | undefined {
  if (
    isRecord(json) &&
    Array.isArray(json.columns) &&
    Array.isArray(json.data)
  ) {
    const { columns, data } = json;
    if (!columns.every(column => typeof column === 'string')) return undefined;
    if (!data.every(row => Array.isArray(row))) return undefined;
    return {
      columns: columns.map(String),
      rows: data.slice(0, MOST_ROWS),
      total: data.length,
    };
  }
  if (Array.isArray(json) && json.length > 0 && json.every(isRecord)) {
    const records: Record<string, unknown>[] = json;
    const columns = [
      ...new Set(records.slice(0, 100).flatMap(row => Object.keys(row))),
    ];
    return {
      columns,
      rows: records
        .slice(0, MOST_ROWS)
        .map(row => columns.map(column => row[column])),
      total: records.length,
    };
  }
  return undefined;
}

/** A value of a table as text. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'object') {
    return JSON.stringify(value, (_, inner) =>
      typeof inner === 'bigint' ? String(inner) : inner,
    );
  }
  return String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
