import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatasetDialect } from '@downstage/plugin-ml-data-common';
import { listed } from '@downstage/common';
import { literal, quoted } from '../profile/columnSql';
import { ColumnKinds } from './ColumnKinds';
import { CsvScanner, type CsvRecord } from './CsvScanner';
import { byteOrderMark, decodeFile } from './decodeFile';
import { excerpt, refusal } from './Refusal';
import { checkNames, nameColumns } from './columnNames';
import { columnNotes, lineNotes } from './csvNotes';
import { shown, sniffDelimiter } from './sniffDelimiter';
import type { ReadRequest, TableParts } from './readVersion';

/** What is known of one file after its first line. */
type Opened = {
  path: string;
  absolute: string;
  names: string[];
  delimiter?: string;
  truncated?: boolean;
};

/** What text a sniff looks at. */
const sampleSize = 256 * 1024;
const writeSize = 1024 * 1024;

const asQuoted = (value: string) =>
  value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`;

/**
 * Reads text files into one table, each value as what all values of its column are.
 *
 * @remarks
 * One scanner of ours decides what a record is. DuckDB gets its records in a form that leaves nothing to guess (every
 * value quoted, one line end). It must give back as many. The header decides names and width. The files of a folder are
 * joined by the names of their columns; what a file lacks is empty there, and said.
 */
export async function readCsv(
  connection: DuckDBConnection,
  request: ReadRequest,
): Promise<TableParts> {
  const declared = request.dialect ?? {};
  const quote = declared.quote ?? '"';
  const opened: Opened[] = [];
  for (const file of request.files) {
    opened.push(await open({ file, request, quote }));
  }
  const delimiter = oneDelimiter(opened, declared);
  const header = declared.header ?? true;
  const names = unite(opened, { header });
  const partitions = request.partitions;
  const width = names.length;
  const kinds = [...names, ...partitions.names].map(
    name =>
      new ColumnKinds(name, {
        decimal: declared.decimal,
        thousands: declared.thousands,
        // A file of one column has no delimiter that a comma could be.
        commas:
          declared.decimal === undefined &&
          (delimiter !== ',' || opened.every(file => !file.delimiter)),
      }),
  );
  const words = new Set(declared.nullWords ?? []);
  const rowsPerFile: Record<string, number> = {};
  const plain = join(request.scratch, 'plain.csv');
  const out = await fs.open(plain, 'wx');
  const blanks = new Map<string, number>();
  const lineEnds = new Set<string>();
  const cut: string[] = [];
  const seen = { longest: 0 };
  let total = 0;
  try {
    for (const file of opened) {
      const at = file.names.map(name => names.indexOf(name));
      const constant = partitions.of(file.path);
      let pending: string[] = [];
      let size = 0;
      let rows = 0;
      let first = true;
      const scanner = new CsvScanner({
        delimiter,
        quote,
        file: file.path,
        onRecord: (record, line) => {
          if (first && header) {
            first = false;
            return;
          }
          first = false;
          if (record.length !== file.names.length) {
            if (record.length === 1 && record[0] === null) {
              blanks.set(file.path, (blanks.get(file.path) ?? 0) + 1);
              return;
            }
            throw otherWidth({
              ...{ file, record, line, delimiter, header },
              column: scanner.columnOf(file.names.length),
            });
          }
          rows += 1;
          const cells = new Array<string>(width).fill('');
          for (let i = 0; i < record.length; i += 1) {
            const value = record[i];
            if (value === null || words.has(value)) continue;
            kinds[at[i]].add(value, file.path, line);
            cells[at[i]] = asQuoted(value);
          }
          constant.forEach((value, i) => {
            if (value !== null) kinds[width + i].add(value, file.path, line);
            cells.push(value === null ? '' : asQuoted(value));
          });
          // The number in front keeps a record of one empty value from being an empty line.
          const text = `1,${cells.join(',')}\n`;
          seen.longest = Math.max(seen.longest, text.length);
          size += text.length;
          pending.push(text);
        },
      });
      for await (const text of decodeFile({
        file: file.path,
        absolute: file.absolute,
        encoding: declared.encoding,
        truncated: file.truncated,
        onBytes: count => request.onBytes(count),
      })) {
        scanner.push(text);
        if (size > writeSize) {
          await out.write(pending.join(''));
          pending = [];
          size = 0;
        }
      }
      if (!file.truncated) scanner.end();
      else if (scanner.unfinished.length > sampleSize / 4) {
        cut.push(
          `${file.path}: what begins in line ${scanner.unfinished.line} does not end within what was looked at; a quote may not be closed`,
        );
      }
      if (pending.length) await out.write(pending.join(''));
      rowsPerFile[file.path] = rows;
      total += rows;
      scanner.lineEnds.forEach(end => lineEnds.add(end));
    }
  } finally {
    await out.close();
  }
  const decimalComma =
    declared.decimal === ',' ||
    (declared.decimal === undefined &&
      kinds.some(kind => kind.hasClearComma) &&
      !kinds.some(kind => kind.seen.has('decimal')));
  const types = kinds.map(kind =>
    declaredType(kind, kind.type({ decimalComma }), request),
  );
  await connection.run(
    `CREATE TEMP VIEW plain AS SELECT * FROM read_csv(${literal(plain)},
      auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
      nullstr = '', allow_quoted_nulls = false, new_line = '\\n', strict_mode = true,
      max_line_size = ${Math.max(2 * 1024 * 1024, 4 * seen.longest + 1024)},
      columns = {'r': 'VARCHAR', ${kinds
        .map((_, i) => `'c${i}': 'VARCHAR'`)
        .join(', ')}})`,
  );
  const select = kinds
    .map(
      (kind, i) =>
        `${castOf(`c${i}`, types[i], {
          ...{ spaces: kind.hasSpaces, plus: kind.hasPlus },
          words: kind.hasNullWords,
          decimalComma,
          thousands: declared.thousands,
        })} AS ${quoted(kind.name)}`,
    )
    .join(', ');
  return {
    parts: [`SELECT ${select} FROM plain`],
    rows: total,
    rowsPerFile,
    values: kinds.map((kind, i) =>
      types[i] === 'VARCHAR' ? undefined : kind.values,
    ),
    dialect: {
      delimiter,
      quote,
      decimal: decimalComma ? ',' : '.',
      ...(declared.thousands && { thousands: declared.thousands }),
      header,
      encoding: await encodingOf(opened, declared),
      ...(declared.nullWords?.length && { nullWords: declared.nullWords }),
    },
    notes: [
      ...cut,
      ...lineNotes({ blanks, lineEnds }),
      ...missingNotes(opened, names),
      ...columnNotes(kinds, types, { decimalComma }),
    ],
  };
}

async function open(options: {
  file: ReadRequest['files'][number];
  request: ReadRequest;
  quote: string;
}): Promise<Opened> {
  const { request, quote } = options;
  const { path, truncated } = options.file;
  const { encoding, delimiter: declared, header } = request.dialect ?? {};
  const absolute = join(request.folder, path);
  let sample = '';
  for await (const text of decodeFile({
    ...{ file: path, absolute, encoding, truncated },
  })) {
    sample += text;
    const lineEnd = /[\r\n]/.test(sample);
    if (sample.length > sampleSize && (lineEnd || sample.length > 64e6)) break;
  }
  if (!/[^\r\n]/.test(sample)) {
    throw refusal({
      file: path,
      found: 'the file is empty',
      allowed: 'A header with the names of the columns is the least',
    });
  }
  const delimiter = declared ?? sniffDelimiter({ file: path, sample, quote });
  let first: CsvRecord | undefined;
  const scanner = new CsvScanner({
    delimiter: delimiter ?? ',',
    quote,
    file: path,
    onRecord: record => {
      first ??= record;
    },
  });
  scanner.push(sample);
  if (!first && truncated) {
    throw refusal({
      file: path,
      line: 1,
      found: `the first line does not end within the ${sample.length} characters that a preview looks at`,
      allowed: 'Register the data to have all of it read',
    });
  }
  if (!first) scanner.end();
  const names = nameColumns(first ?? [], {
    file: path,
    header,
    fields: request.fields.map(field => field.name),
  });
  checkNames(names, path);
  return { path, absolute, names, delimiter, truncated };
}

function oneDelimiter(opened: Opened[], declared: DatasetDialect): string {
  if (declared.delimiter) return declared.delimiter;
  const [first] = opened.filter(file => file.delimiter);
  const other = opened.find(
    file => file.delimiter && file.delimiter !== first.delimiter,
  );
  if (other?.delimiter && first.delimiter) {
    throw refusal({
      file: other.path,
      line: 1,
      found: `the values are divided by ${shown(other.delimiter)}, in ${
        first.path
      } by ${shown(first.delimiter)}`,
      allowed: 'The files of a folder are written alike',
    });
  }
  return first?.delimiter ?? ',';
}

function unite(opened: Opened[], options: { header: boolean }): string[] {
  const [first] = opened;
  const names = new Set(first.names);
  for (const file of opened.slice(1)) {
    if (!options.header && file.names.length !== first.names.length) {
      throw refusal({
        file: file.path,
        line: 1,
        found: `there are ${file.names.length} values, in ${first.path} ${first.names.length}`,
        allowed:
          'Files without a header have the same columns in the same order',
      });
    }
    if (!file.names.some(name => names.has(name))) {
      throw refusal({
        file: file.path,
        line: 1,
        found: `the columns are ${listed(file.names)}, in ${
          first.path
        } ${listed(first.names)}: none is the same`,
        allowed: 'The files of a folder are parts of one table',
      });
    }
    file.names.forEach(name => names.add(name));
  }
  checkNames([...names], `The files from ${first.path} on`);
  return [...names];
}

function otherWidth(options: {
  file: Opened;
  record: CsvRecord;
  line: number;
  column?: number;
  delimiter: string;
  header: boolean;
}) {
  const { file, record, line, column, delimiter, header } = options;
  const text = record.map(value => value ?? '').join(delimiter);
  const values = record.length === 1 ? 'value' : 'values';
  return refusal({
    file: file.path,
    line,
    column,
    found: `there are ${record.length} ${values} (${excerpt(text)}), but ${
      header ? 'the header names' : 'the first line has'
    } ${file.names.length}`,
    allowed: `Every line has as many values as there are columns, divided by ${shown(
      delimiter,
    )}; a value with ${shown(
      delimiter,
    )} in it stands in quotes. Another delimiter is declared by spec.location.delimiter`,
  });
}

/** A declared type is an order where it decides what a value is: digits that are text, and text that is no number. */
function declaredType(
  kinds: ColumnKinds,
  found: string,
  request: ReadRequest,
): string {
  const declared = request.fields
    .find(field => field.name === kinds.name)
    ?.type?.toLowerCase();
  if (!declared || !kinds.seen.size) return found;
  if (/^(string|text|varchar|str|utf8)$/.test(declared)) return 'VARCHAR';
  const number = /^(double|float|float32|float64|real|number|numeric)$/;
  const whole = /^(int|integer|long|bigint|int8|int16|int32|int64)$/;
  if (number.test(declared) && /^(BIGINT|UBIGINT)$/.test(found)) {
    return kinds.longerThanDouble ? found : 'DOUBLE';
  }
  const isNumber = /^(BIGINT|UBIGINT|DECIMAL|DOUBLE)/.test(found);
  const isWhole = /^(BIGINT|UBIGINT|DECIMAL)/.test(found);
  if (
    (number.test(declared) && !isNumber) ||
    (whole.test(declared) && !isWhole && found !== 'BOOLEAN')
  ) {
    const fitting = isNumber || whole.test(declared) ? ['integer'] : [];
    const other = [...kinds.seen].find(
      ([kind]) =>
        !['integer', ...(number.test(declared) ? ['decimal'] : [])].includes(
          kind,
        ) && !fitting.includes(kind),
    );
    if (other) {
      const { file, line, value } = other[1].first;
      throw refusal({
        file,
        line,
        found: `${excerpt(value)} stands in ${quoted(
          kinds.name,
        )}, which is declared as ${declared}`,
        allowed:
          'Correct the value or the type in spec.schema.fields; words for "no value" are declared by spec.location.nullWords, a decimal comma by spec.location.decimal',
      });
    }
  }
  return found;
}

function castOf(
  column: string,
  type: string,
  options: {
    words: boolean;
    spaces: boolean;
    plus: boolean;
    decimalComma: boolean;
    thousands?: string;
  },
): string {
  if (type === 'VARCHAR') return column;
  const text = options.spaces ? `trim(${column}, ' \t')` : column;
  const isNumber = /^(BIGINT|UBIGINT|DECIMAL|DOUBLE)/.test(type);
  let value = text;
  if (isNumber) {
    if (options.thousands) {
      value = `replace(${value}, ${literal(options.thousands)}, '')`;
    }
    if (options.decimalComma) value = `replace(${value}, ',', '.')`;
    if (options.plus) value = `ltrim(${value}, '+')`;
  }
  // Every value but those words was seen to be of the type; how many there are is counted again in the end.
  if (!options.words) return `(${value})::${type}`;
  const tried = `TRY_CAST(${value} AS ${type})`;
  return type === 'DOUBLE'
    ? `CASE WHEN NOT isnan(${tried}) THEN ${tried} END`
    : tried;
}

async function encodingOf(opened: Opened[], declared: DatasetDialect) {
  if (declared.encoding) return declared.encoding;
  const [{ absolute }] = opened;
  const handle = await fs.open(absolute, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4);
    const mark = byteOrderMark(buffer)?.encoding;
    return mark === 'utf-16le' || mark === 'utf-16be' ? mark : 'utf-8';
  } finally {
    await handle.close();
  }
}

function missingNotes(opened: Opened[], names: string[]): string[] {
  return names.flatMap(name => {
    const without = opened
      .filter(file => !file.names.includes(name))
      .map(file => file.path);
    return without.length
      ? [
          `Column '${name}' is empty for ${listed(
            without,
          )}, which does not have it`,
        ]
      : [];
  });
}
