// Reads the files that generate.py or shipped.py lists with our reader, and compares every cell with what was meant and
// with what pandas and pyarrow make of it. A difference without a reason below fails.
//
//   node --require @backstage/cli/config/nodeTransform.cjs compare.mjs FOLDER
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const { readVersion } = require('../src/reader/readVersion.ts');
const { DuckDBInstance } = require('@duckdb/node-api');

/** Why our reader and another one differ; what is not here is a fault. */
export const reasons = {
  'refused: width':
    'A line with another number of values is refused with its number. pandas fills it, or takes the first column for row names; pyarrow refuses too.',
  'refused: quotes':
    'A quote that stays open, or text after a closing one, is refused with its line. pandas and pyarrow take what follows into the value.',
  'refused: a name twice':
    'Two columns of one name, or of names that differ in case alone, are refused. pandas renames the second; pyarrow keeps both.',
  'refused: no header':
    'A first line of numbers is no header unless `header: true` says so: the row would be lost.',
  'refused: encoding':
    'Bytes that are not text in the encoding are refused with their line. pyarrow keeps them as binary values.',
  'refused: NUL': 'NUL is no text.',
  'refused: delimiter':
    'Where several characters cut the header, or none, and the lines do not decide, the delimiter has to be declared. The others were told it.',
  'refused: empty': 'An empty file has no header.',
  'the other refuses':
    'pandas or pyarrow refuses what is read here as it was meant (bytes, blank lines, line ends).',
  'names: unnamed':
    'A column without a name is called by its place from one, `unnamed_1`. pandas counts from zero; pyarrow leaves the name empty.',
  'names: trailing delimiter':
    'A delimiter at the end of every line makes a last, empty column; the name is by its place.',
  'rows: empty lines':
    'In a table of one column an empty line is a row without a value. pandas and pyarrow leave it out.',
  'leading zeros':
    'Digits with a leading zero are text (postal codes, ids). pandas and pyarrow make numbers of them, and the zero is gone.',
  'null words in text':
    'In a column of text, NA, null and None are text unless `nullWords` declares them. pandas takes them for missing.',
  'null words in numbers':
    'None and <NA> are words for "no value" too. pyarrow does not know them, and makes the column text.',
  'empty quotes':
    'Two quotes with nothing between them are an empty text. pandas takes them for missing.',
  'empty text':
    'Nothing between two delimiters is missing, in text too. pyarrow makes an empty text of it.',
  'big integers':
    'Whole numbers beyond 2^53 keep every digit, beside missing values and beyond 64 bits too. The others make doubles or text of them.',
  'dates are typed':
    'ISO dates and times have a type. pandas leaves them text.',
  'the other keeps text':
    'Numbers in quotes, with spaces around, or in a spelling that the other does not know, are numbers here.',
  'text that looks like numbers':
    'A column with one value that is no number is text, value by value as it stands. pandas may have read the rest as numbers or booleans.',
  'out of range':
    'A number that no double holds stays text. pandas makes it infinite or zero.',
  'spaces in names': 'Names are kept with the spaces around them.',
  'cut alike, broken alike':
    'The file was broken on purpose and is still a table; each reader made the same or another one of it. Ours was compared with the lines of the file.',
};

const words =
  /^(NA|N\/A|n\/a|NaN|nan|-NaN|-nan|<NA>|null|NULL|Null|None|#N\/A|#NA|)$/;
const folder = process.argv[2];
const counts = {};
const unexplained = [];
const totals = { files: 0, read: 0, refused: 0, cells: 0 };
/** The reasons of each file, by the reader that differs. */
const byFile = {};
let scratch = '';
let current = '';
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run("SET TimeZone = 'UTC'");

// Made here and not before: lines that come while something else is awaited would be lost.
const cases = createInterface({
  input: createReadStream(join(folder, 'cases.jsonl')),
});
for await (const line of cases) {
  const one = JSON.parse(line);
  totals.files += 1;
  const ours = await read(one).catch(error => ({ error: error.message }));
  if (ours.error) totals.refused += 1;
  else totals.read += 1;
  current = one.file;
  if (one.meant) compare(one, 'what was meant', ours, one.meant);
  for (const peer of ['pandas', 'pyarrow']) {
    if (one[peer]) compare(one, peer, ours, one[peer]);
  }
}
connection.closeSync();
instance.closeSync();
const made = Number(await readFile(join(folder, 'count.txt'), 'utf8'));
if (totals.files !== made) {
  unexplained.push({ file: 'cases.jsonl', made, compared: totals.files });
}
process.stdout.write(
  `${JSON.stringify(
    {
      ...{ totals, counts, byFile, table: tableOf() },
      unexplained: unexplained.slice(0, 40),
    },
    null,
    1,
  )}\n`,
);
process.exit(unexplained.length ? 1 : 0);

/** As a page shows it: files in which a reader differs, and why. */
function tableOf() {
  const rows = Object.entries(reasons)
    .filter(([reason]) => counts[reason])
    .map(([reason, why]) => {
      const found = counts[reason];
      const of = peer => String(found[peer] ?? '');
      return `| ${reason} | ${of('what was meant')} | ${of('pandas')} | ${of(
        'pyarrow',
      )} | ${why} |`;
    });
  return [
    `${totals.files} files, ${totals.cells.toLocaleString(
      'en',
    )} comparisons of cells; ${totals.read} files read, ${
      totals.refused
    } refused.`,
    '',
    '| what differs | from what was meant | from pandas | from pyarrow | why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

async function read(one) {
  // A place of its own for each: DuckDB remembers what it found in a file of the same name.
  scratch = join(folder, `.scratch-${one.file}`);
  const path = one.path ?? join(folder, one.file);
  const found = await readVersion({
    folder: dirname(path),
    files: [{ path: basename(path) }],
    format: path.toLowerCase().endsWith('.parquet') ? 'parquet' : 'csv',
    dialect: one.declared ?? {},
    fields: [],
    scratch,
    tableFolder: `${scratch}.table`,
    threads: 2,
    memoryLimit: '1GB',
  });
  const table = found.tables.length
    ? join(`${scratch}.table`, found.tables[0])
    : path;
  const cells = found.columns.map(({ name, type }) => {
    const sql = `"${name.replaceAll('"', '""')}"`;
    if (/^(FLOAT|DOUBLE)/.test(type))
      return `CASE WHEN NOT isnan(${sql}) THEN 'n' || ${sql}::VARCHAR END`;
    if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL)/.test(type))
      return `'n' || ${sql}::VARCHAR`;
    if (type === 'BOOLEAN') return `'b' || ${sql}::VARCHAR`;
    if (/^(DATE|TIME)/.test(type)) return `'t' || ${sql}::VARCHAR`;
    return `'s' || ${sql}::VARCHAR`;
  });
  const rows = (
    await connection.runAndReadAll(
      `SELECT ${cells
        .map((cell, i) => `${cell} AS c${i}`)
        .join(', ')} FROM read_parquet('${table.replaceAll("'", "''")}')`,
    )
  ).getRowsJS();
  await rm(`${scratch}.table`, { recursive: true, force: true });
  if (rows.length !== found.rows)
    throw new Error(`FAULT: ${found.rows} rows told, ${rows.length} found`);
  return { names: found.columns.map(column => column.name), rows };
}

function count(peer, reason) {
  byFile[current] ??= {};
  (byFile[current][peer] ??= []).push(reason);
  counts[reason] ??= {};
  counts[reason][peer] = (counts[reason][peer] ?? 0) + 1;
}

function compare(one, peer, ours, other) {
  const fault = context =>
    unexplained.push({ file: one.file, peer, defect: one.defect, ...context });
  if (ours.error) {
    if (other.error) return;
    const reason = refusalReason(ours.error);
    const clear = peer !== 'what was meant' || /header|delimiter/.test(reason);
    if (!reason || !clear) fault({ refused: ours.error });
    else count(peer, reason);
    return;
  }
  if (other.error) {
    count(peer, 'the other refuses');
    return;
  }
  const found = new Set();
  namesOf(one, { ours, other, found, fault });
  if (ours.rows.length !== other.rows.length) {
    if (ours.names.length === 1) found.add('rows: empty lines');
    else fault({ rows: [ours.rows.length, other.rows.length] });
    found.forEach(reason => count(peer, reason));
    return;
  }
  if (ours.names.length === other.names.length) {
    const textual = ours.names.map((_, c) =>
      ours.rows.some(row => row[c]?.startsWith('s')),
    );
    ours.rows.forEach((row, r) =>
      row.forEach((cell, c) => {
        totals.cells += 1;
        const theirs = other.rows[r][c];
        if (same(cell, theirs)) return;
        const reason = cellReason(cell, theirs, textual[c], peer);
        if (reason) found.add(reason);
        else fault({ column: ours.names[c], row: r, ours: cell, theirs });
      }),
    );
  }
  found.forEach(reason => count(peer, reason));
}

function namesOf(one, { ours, other, found, fault }) {
  if (ours.names.length !== other.names.length) {
    if (
      ours.names.length === other.names.length + 1 &&
      ours.names.at(-1).startsWith('unnamed_')
    )
      found.add('names: trailing delimiter');
    else if (one.defect) found.add('cut alike, broken alike');
    else fault({ names: [ours.names, other.names] });
    return;
  }
  ours.names.forEach((name, i) => {
    if (name === other.names[i]) return;
    if (
      /^unnamed_\d+$/.test(name) &&
      /^(|Unnamed: \d+|index)$/.test(other.names[i])
    )
      found.add('names: unnamed');
    else if (name.trim() === other.names[i].trim())
      found.add('spaces in names');
    else fault({ names: [name, other.names[i]] });
  });
}

function refusalReason(message) {
  // Nothing in the header says what divides values.
  if (/the header names 1\./.test(message)) return 'refused: delimiter';
  if (/there (is|are) \d+ values?/.test(message)) return 'refused: width';
  if (/never closed|follows a closing quote/.test(message))
    return 'refused: quotes';
  if (/are called/.test(message)) return 'refused: a name twice';
  if (/holds numbers and no names/.test(message)) return 'refused: no header';
  if (/bytes that are not/.test(message)) return 'refused: encoding';
  if (/NUL character/.test(message)) return 'refused: NUL';
  if (/delimiter is not clear/.test(message)) return 'refused: delimiter';
  if (/file is empty/.test(message)) return 'refused: empty';
  return undefined;
}

/** Numbers by their value, whole ones to the last digit. */
function same(a, b) {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined)
    return false;
  if (a[0] === 'n' && b[0] === 'n') return sameNumber(a.slice(1), b.slice(1));
  if (a[0] === 't' && b[0] === 't') return sameMoment(a.slice(1), b.slice(1));
  return false;
}

function sameNumber(a, b) {
  const whole = /^[+-]?\d+$/;
  if (whole.test(a) && whole.test(b)) return BigInt(a) === BigInt(b);
  const fixed = /^[+-]?\d+\.\d+$/;
  if (fixed.test(a) && fixed.test(b) && a.length > 17) {
    const trim = text => text.replace(/0+$/, '').replace(/\.$/, '');
    if (trim(a) === trim(b)) return true;
  }
  return (
    (Number(a) === Number(b) && Math.abs(Number(a)) <= 2 ** 53) ||
    (Number(a) === Number(b) && !(whole.test(a) || whole.test(b)))
  );
}

function sameMoment(a, b) {
  const plain = text => {
    const day = text
      .replace('T', ' ')
      .replace(/\+00(:00)?$/, '')
      .replace(/ 00:00:00$/, '');
    return day.includes('.') ? day.replace(/\.?0+$/, '') : day;
  };
  return plain(a) === plain(b);
}

function cellReason(ours, theirs, textual, peer) {
  const text = ours?.slice(1);
  const other = theirs?.slice(1);
  if (ours === null || ours === undefined) {
    if (theirs === 's') return 'empty text';
    const word = theirs?.startsWith('s') && words.test(other.trim());
    if (!word) return undefined;
    return peer === 'pyarrow'
      ? 'null words in numbers'
      : 'the other keeps text';
  }
  if (ours[0] === 's') {
    if (theirs === null) {
      if (text === '') return 'empty quotes';
      return words.test(text) ? 'null words in text' : undefined;
    }
    if (theirs[0] === 'n' && /^[+-]?0\d/.test(text.trim()))
      return 'leading zeros';
    if (theirs[0] === 'n' && /^n[+-]?(inf|0\.0)/.test(theirs))
      return 'out of range';
    if (theirs[0] === 'n' && textual && Number(text) === Number(other))
      return 'text that looks like numbers';
    if (theirs[0] === 'b' && text.toLowerCase() === other)
      return 'text that looks like numbers';
    if (theirs[0] === 't') return 'text that looks like numbers';
    return undefined;
  }
  if (theirs === null) return undefined;
  if (ours[0] === 'n' && theirs[0] === 'n') {
    return /^[+-]?\d{16,}$/.test(text) && Number(text) === Number(other)
      ? 'big integers'
      : undefined;
  }
  if (ours[0] === 't' && theirs[0] === 's') {
    return sameMoment(text, other.trim()) ? 'dates are typed' : undefined;
  }
  if (theirs[0] === 's') {
    const plain = other.trim().replace(/^\+/, '');
    if (ours[0] === 'b' && plain.toLowerCase() === text)
      return 'the other keeps text';
    if (ours[0] === 'n' && /^[+-]?\d{16,}$/.test(text))
      return plain === text ? 'big integers' : undefined;
    if (ours[0] === 'n' && sameNumber(text, plain.replace(',', '.')))
      return 'the other keeps text';
  }
  return undefined;
}
