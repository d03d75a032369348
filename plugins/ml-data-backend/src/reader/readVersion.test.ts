import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DatasetDialect } from '@downstage/plugin-ml-data-common';
import { readVersion, type ReadProgress } from './readVersion';

const directory = createMockDirectory();
const table = () => directory.resolve('.table');

type More = {
  dialect?: DatasetDialect;
  fields?: { name: string; type?: string }[];
  format?: 'csv' | 'parquet';
  onProgress?: (progress: ReadProgress) => void;
};

const read = (files: string[], more: More = {}) =>
  readVersion({
    folder: directory.path,
    files: files.map(path => ({ path })),
    format: files[0].endsWith('.parquet') ? 'parquet' : 'csv',
    fields: [],
    scratch: directory.resolve('.scratch'),
    tableFolder: table(),
    threads: 1,
    memoryLimit: '500MB',
    ...more,
  });

/** Writes one text file and reads it. */
async function readText(text: string | Buffer, more: More = {}) {
  await fs.mkdir(directory.path, { recursive: true });
  await fs.writeFile(directory.resolve('f.csv'), text);
  return read(['f.csv'], more);
}

const refused = (text: string | Buffer, more: More = {}) =>
  readText(text, more).then(
    () => 'read',
    error => `${error.name}: ${error.message}`,
  );

async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The rows of the table, every value as text. */
async function rows(found: { tables: string[] }): Promise<unknown[][]> {
  const files = found.tables.map(name => `'${join(table(), name)}'`);
  return query(
    `SELECT COLUMNS(*)::VARCHAR FROM read_parquet([${files.join(', ')}])`,
  );
}

const typesOf = (found: { columns: { name: string; type: string }[] }) =>
  Object.fromEntries(found.columns.map(({ name, type }) => [name, type]));

beforeEach(() => directory.setContent({ keep: '' }));

describe('reading text', () => {
  it('refuses a line with a comma too many, and says which (folder 01)', async () => {
    expect(
      await refused(
        'id,temp,note\n1,20.5,ok\n2,21.0,ok\n3,22.5,ok\n4,,\n5,19.0,bad, very bad\n',
      ),
    ).toMatch(
      /f\.csv, line 6: there are 4 values \('5,19\.0,bad, very bad'\), but the header names 3\. Every line has as many/,
    );
  });

  it('refuses a line with a value too few, and says which (folder 03)', async () => {
    expect(await refused('a,b,c\n1,2,3\n4,5,6\n7,8\n')).toMatch(
      /line 4: there are 2 values \('7,8'\), but the header names 3/,
    );
  });

  it('refuses lines with more values than the header has names (folder 04)', async () => {
    expect(
      await refused(
        'id,ts,price,side\n0,1700000000,0.10,buy,0\n1,1700000001,0.11,buy,0\n',
      ),
    ).toMatch(/line 2: there are 5 values .* the header names 4/);
  });

  it('reads semicolons with decimal commas as numbers (folder 05)', async () => {
    const found = await readText('x;y\n1,5;2,3\n2,25;3,1\n-0,5;4,0\n');
    expect(typesOf(found)).toEqual({ x: 'DOUBLE', y: 'DOUBLE' });
    expect(await rows(found)).toEqual([
      ['1.5', '2.3'],
      ['2.25', '3.1'],
      ['-0.5', '4.0'],
    ]);
    expect(found.dialect).toEqual({
      delimiter: ';',
      quote: '"',
      decimal: ',',
      header: true,
      encoding: 'utf-8',
    });
    expect(found.notes).toEqual([
      'The comma in numbers is read as the decimal one',
    ]);
  });

  it('leaves commas that may divide thousands as text, and says what to declare', async () => {
    const found = await readText('x;y\n1,500;a\n2,250;b\n');
    expect(typesOf(found)).toEqual({ x: 'VARCHAR', y: 'VARCHAR' });
    expect(found.notes.join()).toMatch(/declare spec\.location\.decimal: ','/);
    const declared = await readText('x;y\n1,500;a\n2,250;b\n', {
      dialect: { decimal: ',' },
    });
    expect((await rows(declared))[0]).toEqual(['1.5', 'a']);
  });

  it('reads declared thousands', async () => {
    const found = await readText('x;y\n1.234,5;1.000\n-22.333.444;7\n', {
      dialect: { decimal: ',', thousands: '.' },
    });
    expect(await rows(found)).toEqual([
      ['1234.5', '1000'],
      ['-22333444.0', '7'],
    ]);
  });

  it('takes NA and its like for no value in numbers, and for text in text (folder 13)', async () => {
    const found = await readText(
      'id,weight,age,country\n1,72.5,31,NA\n2,NA,40,DE\n3,81.0,NaN,\n4,65.2,28,""\n',
    );
    expect(typesOf(found)).toEqual({
      id: 'BIGINT',
      weight: 'DOUBLE',
      age: 'BIGINT',
      country: 'VARCHAR',
    });
    expect(found.columns.map(({ nulls }) => nulls)).toEqual([0, 1, 1, 1]);
    expect(await rows(found)).toEqual([
      ['1', '72.5', '31', 'NA'],
      ['2', null, '40', 'DE'],
      ['3', '81.0', null, null],
      ['4', '65.2', '28', ''],
    ]);
  });

  it('knows the words for no value in a hundred columns at once, in little memory', async () => {
    const names = Array.from({ length: 120 }, (_, i) => `c${i}`);
    const line = (value: string) => names.map(() => value).join(',');
    const found = await readText(
      `${names}\n${line('1')}\n${line('NA')}\n${line('NaN')}\n${line('2.5')}\n`,
    );
    expect(found.columns.every(c => c.count === 2 && c.nulls === 2)).toBe(true);
  });

  it('reads decimal commas in a file of one column, which has no delimiter', async () => {
    const found = await readText('x\n"8,94e-80"\n"1,5"\n');
    expect(await rows(found)).toEqual([['8.94e-80'], ['1.5']]);
  });

  it('takes declared words for no value in text too', async () => {
    const found = await readText('a,b\n-,x\n1,-\n', {
      dialect: { nullWords: ['-'] },
    });
    expect(await rows(found)).toEqual([
      [null, 'x'],
      ['1', null],
    ]);
  });

  it('reads a type from every value, however late it turns (folder 15)', async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `${i % 500},${i}`);
    const found = await readText(
      `code,x\n${lines.join('\n')}\nA12,5.5\nB7,6.25\n`,
    );
    expect(typesOf(found)).toEqual({ code: 'VARCHAR', x: 'DOUBLE' });
    expect((await rows(found)).slice(-2)).toEqual([
      ['A12', '5.5'],
      ['B7', '6.25'],
    ]);
    expect(found.notes).toEqual([
      "Column 'code' is text because of 'A12' (f.csv, line 30002); 30000 of its values are whole numbers",
    ]);
  });

  it.each([
    ['tabs', 'a\tb\n1\t2\n', {}],
    ['bars', 'a|b\n1|2\n', {}],
    ['a declared delimiter', 'a:b\n1:2\n', { dialect: { delimiter: ':' } }],
    ['CR LF', 'a,b\r\n1,2\r\n', {}],
    ['CR', 'a,b\r1,2\r', {}],
    ['no last line end', 'a,b\n1,2', {}],
    ['a byte order mark', '\uFEFFa,b\n1,2\n', {}],
    ['quoted everything', '"a","b"\n"1","2"\n', {}],
    ['spaces around numbers', 'a,b\n 1, 2\t\n', {}],
    ['a delimiter in quotes in the header', '"a",b\n1,2\n', {}],
    [
      'no header',
      '1,2\n',
      { dialect: { header: false }, fields: [{ name: 'a' }, { name: 'b' }] },
    ],
  ] as [string, string, More][])('reads %s', async (_, text, more) => {
    const found = await readText(text, more);
    expect(typesOf(found)).toEqual({ a: 'BIGINT', b: 'BIGINT' });
    expect(await rows(found)).toEqual([['1', '2']]);
  });

  it.each([
    ['utf-16le', Buffer.from('\uFEFFa,b\n1,é\n', 'utf16le'), {}],
    ['utf-16be', Buffer.from('\uFEFFa,b\n1,é\n', 'utf16le').swap16(), {}],
    [
      'latin-1',
      Buffer.from('a,b\n1,é\n', 'latin1'),
      { dialect: { encoding: 'latin-1' } },
    ],
    [
      'utf-16le without a mark',
      Buffer.from('a,b\n1,é\n', 'utf16le'),
      { dialect: { encoding: 'utf-16le' } },
    ],
  ] as [string, Buffer, More][])('reads %s', async (_, bytes, more) => {
    expect(await rows(await readText(bytes, more))).toEqual([['1', 'é']]);
  });

  it.each([
    [
      'bytes that are not UTF-8',
      Buffer.from('a,b\n1,2\n3,é\n', 'latin1'),
      /line 3: there are bytes that are not utf-8.*encoding: latin-1/,
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('a,b\n', 'utf16le'),
      /line 1: there is a NUL character.*utf-16le/,
    ],
    [
      'a quote that stays open',
      'a,b\n1,"x\n2,3\n',
      /line 2: a quote \("\) is opened and never closed/,
    ],
    [
      'text after a quote',
      'a,b\n1,"x"y\n',
      /line 2: text follows a closing quote/,
    ],
    [
      'a header of numbers',
      '1,2\n3,4\n',
      /line 1: the first line holds numbers.*header: false/,
    ],
    [
      'a name twice',
      'a,b,a\n1,2,3\n',
      /columns 1 and 3 are called 'a' and 'a'/,
    ],
    [
      'names that differ in case',
      'a,A\n1,2\n',
      /columns 1 and 2 are called 'a' and 'A'/,
    ],
    ['an empty file', '', /the file is empty/],
    ['an unclear delimiter', 'a;b,c\n1;2,3\n', /delimiter is not clear/],
  ] as [string, string | Buffer, RegExp][])(
    'refuses %s',
    async (_, text, message) => {
      expect(await refused(text)).toMatch(message);
    },
  );

  it('refuses what is declared otherwise, with its line', async () => {
    expect(
      await refused('a,b\n1,x\ntwo,y\n', {
        fields: [{ name: 'a', type: 'integer' }],
      }),
    ).toMatch(/line 3: 'two' stands in "a", which is declared as integer/);
  });

  it('keeps leading zeros, and digits that are declared as text', async () => {
    const found = await readText('plain,zip,code\n10,01234,7\n7,04109,8\n', {
      fields: [{ name: 'code', type: 'string' }],
    });
    expect(typesOf(found)).toEqual({
      plain: 'BIGINT',
      zip: 'VARCHAR',
      code: 'VARCHAR',
    });
    expect((await rows(found))[0]).toEqual(['10', '01234', '7']);
  });

  it('keeps lines within values, and counts lines by them', async () => {
    const found = await readText('a,b\n1,"x\ny ""z"""\n2,"p,q"\n');
    expect(await rows(found)).toEqual([
      ['1', 'x\ny "z"'],
      ['2', 'p,q'],
    ]);
    expect(await refused('a,b\n1,"x\ny"\n2\n')).toMatch(/line 4/);
  });

  it('calls a column without a name by its place, as pandas and R write row names', async () => {
    const found = await readText(',a\n0,x\n1,y\n');
    expect(typesOf(found)).toEqual({ unnamed_1: 'BIGINT', a: 'VARCHAR' });
  });

  it('keeps a trailing delimiter as an empty column', async () => {
    const found = await readText('a,b,\n1,2,\n');
    expect(await rows(found)).toEqual([['1', '2', null]]);
  });

  it('leaves empty lines out of wide tables and says so; in a table of one column they are rows', async () => {
    const wide = await readText('a,b\n1,2\n\n3,4\n\n');
    expect(wide).toMatchObject({
      rows: 2,
      notes: ['f.csv: 2 empty lines left out'],
    });
    const narrow = await readText('x\n1.5\nNaN\n\n2.5\ninf\n');
    expect(narrow).toMatchObject({ rows: 5 });
    expect(narrow.columns[0]).toMatchObject({ count: 3, nulls: 2, max: 2.5 });
  });

  it('says when lines end differently', async () => {
    expect((await readText('a,b\r\n1,2\n')).notes).toEqual([
      'Lines end differently: CR LF, LF',
    ]);
  });

  it.each([
    ['9007199254740993', 'BIGINT'],
    ['-9223372036854775808', 'BIGINT'],
    ['18446744073709551615', 'UBIGINT'],
    ['170141183460469231731687303715884105727', 'VARCHAR'],
    ['99999999999999999999999999999999999999', 'DECIMAL(38,0)'],
    ['1e5', 'DOUBLE'],
    ['.5', 'DOUBLE'],
    ['5.', 'DOUBLE'],
    ['1e999', 'VARCHAR'],
    ['1e-999', 'VARCHAR'],
    ['0x1F', 'VARCHAR'],
    ['1_000', 'VARCHAR'],
    ['True', 'BOOLEAN'],
    ['2024-02-29', 'DATE'],
    ['2023-02-29', 'VARCHAR'],
    ['2024-01-01T10:00', 'TIMESTAMP'],
    ['2024-01-01 10:00:00.123456', 'TIMESTAMP'],
    ['2024-01-01 10:00:00.123456789', 'TIMESTAMP_NS'],
    ['2024-01-01T10:00:00Z', 'TIMESTAMP WITH TIME ZONE'],
    ['2024-01-01T10:00:00+02:00', 'TIMESTAMP WITH TIME ZONE'],
    ['10:00:00', 'TIME'],
    ['24:00:00', 'VARCHAR'],
    ['٣', 'VARCHAR'],
  ])('reads %s as %s', async (value, type) => {
    const found = await readText(`x,y\n${value},1\n`);
    expect(found.columns[0].type).toBe(type);
    const [[kept]] = await rows(found);
    const exact = /^(BIGINT|UBIGINT|DECIMAL|VARCHAR)/.test(type);
    expect(exact ? kept : value).toBe(value);
  });

  it('says when digits do not fit into a double', async () => {
    const found = await readText('x,y\n0.5,1\n9007199254740993,2\n');
    expect(found.notes.join()).toMatch(/'x': 1 values have more digits/);
  });
});

describe('reading a folder of text', () => {
  it('keeps a column that comes later (folder 07)', async () => {
    directory.setContent({
      'a.csv': 'id,amount\n1,10.5\n2,11\n',
      'b.csv': 'id,currency,amount\n3,EUR,12\n',
    });
    const found = await read(['a.csv', 'b.csv']);
    expect(typesOf(found)).toEqual({
      id: 'BIGINT',
      amount: 'DOUBLE',
      currency: 'VARCHAR',
    });
    expect(await rows(found)).toEqual([
      ['1', '10.5', null],
      ['2', '11.0', null],
      ['3', '12.0', 'EUR'],
    ]);
    expect(found.rowsPerFile).toEqual({ 'a.csv': 2, 'b.csv': 1 });
    expect(found.notes).toEqual([
      "Column 'currency' is empty for a.csv, which does not have it",
    ]);
  });

  it('keeps a column that a later file does not have any more (folder 07, mirrored)', async () => {
    directory.setContent({
      'a.csv': 'id,currency,amount\n1,EUR,10.5\n2,USD,11\n',
      'b.csv': 'id,amount\n3,12\n',
    });
    const found = await read(['a.csv', 'b.csv']);
    expect(typesOf(found)).toEqual({
      id: 'BIGINT',
      currency: 'VARCHAR',
      amount: 'DOUBLE',
    });
    expect(await rows(found)).toEqual([
      ['1', 'EUR', '10.5'],
      ['2', 'USD', '11.0'],
      ['3', null, '12.0'],
    ]);
    expect(found.notes).toEqual([
      "Column 'currency' is empty for b.csv, which does not have it",
    ]);
  });

  it('refuses files that are no parts of one table', async () => {
    directory.setContent({ 'a.csv': 'a,b\n1,2\n', 'b.csv': 'c,d\n1,2\n' });
    await expect(read(['a.csv', 'b.csv'])).rejects.toThrow(/none is the same/);
    directory.setContent({ 'a.csv': 'a,b\n1,2\n', 'b.csv': 'a;b\n1;2\n' });
    await expect(read(['a.csv', 'b.csv'])).rejects.toThrow(
      /divided by ';', in a\.csv by ','/,
    );
  });

  it('keeps the columns that folders hold', async () => {
    directory.setContent({
      'year=2023/r=a%20b/x.csv': 'v\n1\n',
      'year=2024/r=__HIVE_DEFAULT_PARTITION__/x.csv': 'v\n2\n',
    });
    const found = await read([
      'year=2023/r=a%20b/x.csv',
      'year=2024/r=__HIVE_DEFAULT_PARTITION__/x.csv',
    ]);
    expect(typesOf(found)).toMatchObject({ year: 'BIGINT', r: 'VARCHAR' });
    expect(await rows(found)).toEqual([
      ['1', '2023', 'a b'],
      ['2', '2024', null],
    ]);
  });
});

describe('reading Parquet', () => {
  const write = (path: string, select: string) =>
    fs
      .mkdir(join(directory.path, path, '..'), { recursive: true })
      .then(() => query(`COPY (${select}) TO '${directory.resolve(path)}'`));

  it('takes one file as the table itself', async () => {
    await write(
      'a.parquet',
      `SELECT i::DECIMAL(9,2) AS "a ""b", [i] AS l, {'k': i} AS s, i::FLOAT AS f FROM range(10) t(i)`,
    );
    const found = await read(['a.parquet']);
    expect(found.tables).toEqual([]);
    await expect(fs.stat(table())).rejects.toThrow(/ENOENT/);
    expect(found.columns.map(({ name }) => name)).toEqual([
      'a "b',
      'l',
      's',
      'f',
    ]);
    expect(found.columns[0]).toMatchObject({ mean: 4.5, max: 9 });
    expect(found.columns[1]).toMatchObject({ count: 10, distinct: 10 });
  });

  it('keeps whole numbers to the last digit in the figures (folder 25)', async () => {
    await write(
      'a.parquet',
      `SELECT 9007199254740993 + i AS id, (18446744073709551615::HUGEINT - i)::UBIGINT AS u,
        ('12345678901234567890.1234567890')::DECIMAL(38,10) AS d, i AS small FROM range(2) t(i)`,
    );
    const { columns } = await read(['a.parquet']);
    expect(columns.map(({ min, max }) => [min, max])).toEqual([
      ['9007199254740993', '9007199254740994'],
      ['18446744073709551614', '18446744073709551615'],
      ['12345678901234567890.1234567890', '12345678901234567890.1234567890'],
      [0, 1],
    ]);
  });

  it('reads whole numbers and doubles of a folder as doubles, and a later column (folder 08)', async () => {
    await write(
      'a.parquet',
      'SELECT v::INTEGER AS v FROM (VALUES (1), (2)) t(v)',
    );
    await write(
      'b.parquet',
      `SELECT v::DOUBLE AS v, 'EUR' AS cur FROM (VALUES (2.5), (3.5)) t(v)`,
    );
    const found = await read(['a.parquet', 'b.parquet']);
    expect(typesOf(found)).toEqual({ v: 'DOUBLE', cur: 'VARCHAR' });
    expect(found.columns[0].mean).toBe(2.25);
    expect(found.notes).toEqual([
      "Column 'v' is INTEGER in a.parquet and DOUBLE in b.parquet: read as DOUBLE",
      "Column 'cur' is empty for a.parquet, which does not have it",
    ]);
    expect(await rows(found)).toEqual([
      ['1.0', null],
      ['2.0', null],
      ['2.5', 'EUR'],
      ['3.5', 'EUR'],
    ]);
  });

  it.each([
    ['1::BIGINT', '1.5::DOUBLE', 'DOUBLE'],
    ['1::UBIGINT', '(-1)::BIGINT', 'DECIMAL(20,0)'],
    ['1::UTINYINT', '(-1)::TINYINT', 'SMALLINT'],
    ['1.25::DECIMAL(5,2)', '1.5::DECIMAL(9,1)', 'DECIMAL(10,2)'],
    ["DATE '2024-01-01'", "TIMESTAMP '2024-01-01 10:00:00'", 'TIMESTAMP'],
    ['NULL::INTEGER', "'text'", 'VARCHAR'],
    ["'text'", 'NULL::INTEGER', 'VARCHAR'],
  ])('unites %s and %s as %s', async (one, other, type) => {
    await write('a.parquet', `SELECT 1 AS i, ${one} AS v`);
    await write('b.parquet', `SELECT 1 AS i, ${other} AS v`);
    expect(typesOf(await read(['a.parquet', 'b.parquet'])).v).toBe(type);
  });

  it.each([
    ['9007199254740993::BIGINT', '1.5::DOUBLE', /beyond 2\^53/],
    ['1::INTEGER', "'x'", /column 'v' is VARCHAR, in a\.parquet INTEGER/],
    ['[1]', '1', /column 'v' is INTEGER/],
  ])('refuses to unite %s and %s', async (one, other, message) => {
    await write('a.parquet', `SELECT 1 AS i, ${one} AS v`);
    await write('b.parquet', `SELECT 1 AS i, ${other} AS v`);
    await expect(read(['a.parquet', 'b.parquet'])).rejects.toThrow(message);
  });

  it('keeps the columns that folders hold (folder 10)', async () => {
    await write('year=2022/region=north/x.parquet', 'SELECT 1 AS id');
    await write('year=2023/region=south%20sea/x.parquet', 'SELECT 2 AS id');
    const found = await read([
      'year=2022/region=north/x.parquet',
      'year=2023/region=south%20sea/x.parquet',
    ]);
    expect(typesOf(found)).toEqual({
      id: 'INTEGER',
      year: 'BIGINT',
      region: 'VARCHAR',
    });
    expect(await rows(found)).toEqual([
      ['1', '2022', 'north'],
      ['2', '2023', 'south sea'],
    ]);
  });

  it('refuses a mixture of such folders, and a column that is in both', async () => {
    await write('year=2022/x.parquet', 'SELECT 1 AS id');
    await write('x.parquet', 'SELECT 1 AS id');
    await expect(read(['x.parquet', 'year=2022/x.parquet'])).rejects.toThrow(
      /year=2022\/x\.parquet: its folders name year/,
    );
    await write('year=2022/y.parquet', 'SELECT 1 AS year');
    await expect(read(['year=2022/y.parquet'])).rejects.toThrow(
      /called 'year' and 'year'/,
    );
  });

  it('refuses names that differ in case, which a query could not tell apart', async () => {
    // DuckDB cannot write such a file; one that pyarrow 26 wrote: a = 1, A = 2.
    const file = Buffer.from(
      await fs.readFile(
        join(__dirname, '__fixtures__/case.parquet.base64'),
        'utf8',
      ),
      'base64',
    );
    await fs.writeFile(directory.resolve('a.parquet'), file);
    await expect(read(['a.parquet'])).rejects.toThrow(/called 'a' and 'A'/);
  });

  it('says what is wrong with a file without saying where it lies', async () => {
    directory.setContent({ 'a.parquet': 'this is no parquet file' });
    const error = await read(['a.parquet']).catch(e => e);
    expect(error.name).toBe('InputError');
    expect(error.message).toMatch(/could not be read \(a\.parquet\)/);
    expect(error.message).not.toContain(directory.path);
  });
});

describe('the figures', () => {
  it('gives numbers their moments, quantiles and a histogram', async () => {
    const { rows: count, columns } = await readText(
      `x,c\n${Array.from({ length: 101 }, (_, i) => `${i},1`).join('\n')}\n`,
    );
    expect(count).toBe(101);
    expect(columns[0]).toMatchObject({
      name: 'x',
      type: 'BIGINT',
      count: 101,
      nulls: 0,
      distinct: 101,
      min: 0,
      max: 100,
      mean: 50,
      quantiles: {
        p01: 1,
        p05: 5,
        p25: 25,
        p50: 50,
        p75: 75,
        p95: 95,
        p99: 99,
      },
    });
    expect(columns[0].stddev).toBeCloseTo(29.300170647967224, 10);
    expect(columns[0].histogram?.edges).toHaveLength(21);
    // Left edge in, right edge out, save for the last bin: as NumPy counts.
    expect(columns[0].histogram?.counts).toEqual([
      ...Array.from({ length: 19 }, () => 5),
      6,
    ]);
    expect(columns[1].histogram).toEqual({ edges: [1, 1], counts: [101] });
  });

  it('knows the largest numbers there are', async () => {
    const max = Number.MAX_VALUE;
    const { columns } = await readText(`x,y\n-${max},0\n${max},5e-324\n`);
    expect(columns[0]).toMatchObject({ min: -max, max });
    expect(columns[0].histogram?.counts[0]).toBe(1);
    expect(columns[0].histogram?.counts.at(-1)).toBe(1);
    const counts = columns[1].histogram?.counts ?? [];
    expect(counts.reduce((a, b) => a + b, 0)).toBe(2);
    expect(JSON.stringify(columns)).not.toMatch(/NaN|Infinity/);
  });

  it('gives text and booleans their most frequent values, most frequent first', async () => {
    const { columns } = await readText(
      'label,flag\nb,true\na,true\na,false\n,\n"it\'s",true\n',
    );
    expect(columns[0]).toMatchObject({
      nulls: 1,
      distinct: 3,
      topValues: [
        { value: 'a', count: 2 },
        { value: 'b', count: 1 },
        { value: "it's", count: 1 },
      ],
    });
    expect(columns[1].topValues?.[0]).toEqual({ value: 'true', count: 3 });
    expect(columns[0].histogram).toBeUndefined();
  });

  it('gives moments in time their range as text', async () => {
    const { columns } = await readText('day,x\n2024-01-01,1\n2024-02-01,1\n');
    expect(columns[0]).toMatchObject({
      type: 'DATE',
      min: '2024-01-01',
      max: '2024-02-01',
    });
  });

  it('profiles an empty table', async () => {
    const found = await readText('x,y\n');
    expect(found.rows).toBe(0);
    expect(found.columns.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('reads 3,000 columns, never more than 250 of one type at a time, and says how far it is (folder 12)', async () => {
    const steps: ReadProgress[] = [];
    await query(
      `COPY (SELECT ${Array.from(
        { length: 3000 },
        (_, i) => `(range + ${i}) / 7.0 AS f${i}`,
      ).join(', ')} FROM range(20)) TO '${directory.resolve(
        'wide.parquet',
      )}' (FORMAT parquet)`,
    );
    const { rows: count, columns } = await read(['wide.parquet'], {
      onProgress: progress => steps.push(progress),
    });
    expect(count).toBe(20);
    expect(columns.map(({ name }) => name)).toEqual(
      Array.from({ length: 3000 }, (_, i) => `f${i}`),
    );
    expect(columns[2999]).toMatchObject({
      ...{ type: 'DOUBLE', count: 20, nulls: 0, distinct: 20 },
      ...{ min: 2999 / 7, max: 3018 / 7 },
      mean: expect.closeTo(3008.5 / 7, 9),
    });
    const profiling = steps
      .filter(({ step, of }) => step === 'profiling' && of === 3000)
      .map(({ done }) => done);
    expect(profiling).toEqual(
      Array.from({ length: 12 }, (_, i) => 250 * (i + 1)),
    );
  }, 180_000);

  it('looks at a million values at a time, however long the table is (folder 12)', async () => {
    const steps: ReadProgress[] = [];
    await query(
      `COPY (SELECT ${Array.from(
        { length: 12 },
        (_, i) => `range AS f${i}`,
      ).join(', ')} FROM range(200000)) TO '${directory.resolve(
        'long.parquet',
      )}' (FORMAT parquet)`,
    );
    await read(['long.parquet'], {
      onProgress: progress => steps.push(progress),
    });
    expect(
      steps
        .filter(({ step, of }) => step === 'profiling' && of === 12)
        .map(({ done }) => done),
    ).toEqual([5, 10, 12]);
  });

  it('gives columns of every kind their own figures, in the order of the file', async () => {
    const found = await readText(
      'a,word,b,day,c\n1,x,2.5,2024-01-01,\n3,y,3.5,2024-01-03,7\n5,x,4.5,,9\n',
    );
    expect(
      found.columns.map(({ name, type, count, min, max, mean, stddev }) => [
        ...[name, type, count, min, max, mean, stddev],
      ]),
    ).toEqual([
      ['a', 'BIGINT', 3, 1, 5, 3, 2],
      ['word', 'VARCHAR', 3, 'x', 'y', undefined, undefined],
      ['b', 'DOUBLE', 3, 2.5, 4.5, 3.5, 1],
      ['day', 'DATE', 2, '2024-01-01', '2024-01-03', undefined, undefined],
      ['c', 'BIGINT', 2, 7, 9, 8, Math.SQRT2],
    ]);
    expect(found.columns[1].topValues).toEqual([
      { value: 'x', count: 2 },
      { value: 'y', count: 1 },
    ]);
    expect(found.columns[4].histogram?.edges).toHaveLength(21);
    expect(found.columns[4].histogram?.counts.at(0)).toBe(1);
    expect(found.columns[4].histogram?.counts.at(-1)).toBe(1);
  });

  it.each([200, 3_000])(
    'profiles %i columns in so many steps as they need, and no figure is missing (folder 12)',
    async width => {
      const names = Array.from({ length: width }, (_, i) => `f${i}`);
      const lines = Array.from({ length: 20 }, (_, row) =>
        names.map((_name, i) => row * (i + 1)).join(','),
      );
      let steps = 0;
      const { columns, rows: count } = await readText(
        `${names}\n${lines.join('\n')}\n`,
        {
          onProgress: ({ step, of }) => {
            if (step === 'profiling' && of === width) steps += 1;
          },
        },
      );
      expect(count).toBe(20);
      expect(
        columns.map(({ name, type, mean, min, max }) => ({
          ...{ name, type, mean, min, max },
        })),
      ).toEqual(
        names.map((name, i) => ({
          ...{ name, type: 'BIGINT', mean: 9.5 * (i + 1) },
          ...{ min: 0, max: 19 * (i + 1) },
        })),
      );
      // The cost grows with the columns, not with their square.
      expect(steps).toBe(Math.ceil(width / 250));
    },
    // Ends a test that hangs; how long it takes is the machine's matter.
    600_000,
  );
});
