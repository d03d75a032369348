import { extname } from 'node:path';
import { InputError } from '@backstage/errors';
import type { DatasetFormat } from '@downstage/plugin-ml-data-common';

const extensions: Record<DatasetFormat, readonly string[]> = {
  csv: ['.csv', '.tsv'],
  parquet: ['.parquet'],
};

/** The format a file name says, or `undefined` for a file that is no data. */
export function formatOf(path: string): DatasetFormat | undefined {
  const extension = extname(path).toLowerCase();
  if (extensions.csv.includes(extension)) return 'csv';
  if (extensions.parquet.includes(extension)) return 'parquet';
  return undefined;
}

/** The declared format as one we read. */
export function parseFormat(
  declared: string | undefined,
): DatasetFormat | undefined {
  if (declared === undefined) return undefined;
  const format = declared.toLowerCase();
  if (format === 'csv' || format === 'parquet') return format;
  throw new InputError(
    `The format '${declared}' cannot be read; allowed: csv, parquet`,
  );
}

/**
 * The one format of the files of a version.
 *
 * @throws InputError when there are none, several, or others than declared
 */
export function decideFormat(options: {
  uri: string;
  files: { path: string }[];
  declared?: DatasetFormat;
}): DatasetFormat {
  const { uri, files, declared } = options;
  const found = [...new Set(files.map(file => formatOf(file.path)))];
  if (found.length > 1) {
    throw new InputError(
      `'${uri}' mixes ${found.join(' and ')} files; a version has one format`,
    );
  }
  const [format] = found;
  if (!format) {
    throw new InputError(
      `'${uri}' holds no data; looked for ${Object.values(extensions)
        .flat()
        .join(', ')}`,
    );
  }
  if (declared && declared !== format) {
    throw new InputError(
      `'${uri}' is declared as ${declared}, but holds ${format}; correct spec.location.format`,
    );
  }
  return format;
}
