import { createMockDirectory } from '@backstage/backend-test-utils';
import { DuckDBInstance } from '@duckdb/node-api';
import { classOf, histogramEdges } from './columnSql';
import { profileFiles } from './profileFiles';

const directory = createMockDirectory();

const profile = (files: string[], format: 'csv' | 'parquet' = 'csv') =>
  profileFiles({
    folder: directory.path,
    files: files.map(path => ({ path })),
    format,
    scratch: directory.resolve('.scratch'),
    threads: 1,
    memoryLimit: '500MB',
  });

describe('profileFiles', () => {
  beforeEach(() => directory.clear());

  it('gives numbers their moments, quantiles and a histogram', async () => {
    directory.setContent({
      'a.csv': `x\n${Array.from({ length: 101 }, (_, i) => i).join('\n')}\n`,
    });
    const { rows, columns } = await profile(['a.csv']);
    expect(rows).toBe(101);
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
  });

  it('takes NaN as missing and keeps infinities out of the moments', async () => {
    directory.setContent({ 'a.csv': 'x\n1.5\nNaN\n\n2.5\ninf\n' });
    const { rows, columns } = await profile(['a.csv']);
    expect(columns[0].count + columns[0].nulls).toBe(rows);
    expect(columns[0]).toMatchObject({
      type: 'DOUBLE',
      min: 1.5,
      max: 2.5,
      mean: 2,
    });
    expect(columns[0].count).toBe(3);
    expect(JSON.stringify(columns)).not.toMatch(/NaN|Infinity/);
  });

  it('gives text and booleans their most frequent values, most frequent first', async () => {
    directory.setContent({
      'a.csv': 'label,flag\nb,true\na,true\na,false\n,\n"it\'s",true\n',
    });
    const { columns } = await profile(['a.csv']);
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
    directory.setContent({
      'a.csv': 'day\n2024-01-01\n2024-02-01\n',
    });
    expect((await profile(['a.csv'])).columns[0]).toMatchObject({
      type: 'DATE',
      min: '2024-01-01',
      max: '2024-02-01',
    });
  });

  it('counts the rows of every file of a folder', async () => {
    directory.setContent({
      'a.csv': 'x\n1\n2\n',
      'sub/b.csv': 'x\n3\n',
    });
    const { rows, rowsPerFile } = await profile(['a.csv', 'sub/b.csv']);
    expect(rows).toBe(3);
    expect(Object.fromEntries(rowsPerFile)).toEqual({
      'a.csv': 2,
      'sub/b.csv': 1,
    });
  });

  it('reads Parquet with nested columns, decimals and odd names', async () => {
    directory.setContent({ keep: '' });
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT i::DECIMAL(9,2) AS "a ""b", [i] AS l, {'k': i} AS s, i::HUGEINT AS h
       FROM range(10) t(i)) TO '${directory.resolve('a.parquet')}'`,
    );
    connection.closeSync();
    instance.closeSync();
    const { columns } = await profile(['a.parquet'], 'parquet');
    expect(columns.map(({ name }) => name)).toEqual(['a "b', 'l', 's', 'h']);
    expect(columns[0]).toMatchObject({ mean: 4.5, max: 9 });
    expect(columns[1]).toMatchObject({ count: 10, distinct: 10 });
    expect(columns[3]).toMatchObject({ mean: 4.5 });
    expect(() => JSON.stringify(columns)).not.toThrow();
  });

  it('says what is wrong with a file without saying where it lies', async () => {
    directory.setContent({ 'a.parquet': 'this is no parquet file' });
    const error = await profile(['a.parquet'], 'parquet').catch(e => e);
    expect(error.name).toBe('InputError');
    expect(error.message).toMatch(/could not be read \(a\.parquet\)/);
    expect(error.message).not.toContain(directory.path);
  });

  it('profiles an empty table', async () => {
    directory.setContent({ 'a.csv': 'x,y\n' });
    const { rows, columns } = await profile(['a.csv']);
    expect(rows).toBe(0);
    expect(columns.map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('leaves the event loop free while it reads', async () => {
    const lines = Array.from(
      { length: 200_000 },
      (_, i) => `${i},${i % 7}.5,v${i % 50}`,
    );
    directory.setContent({ 'a.csv': `a,b,c\n${lines.join('\n')}\n` });
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    try {
      expect((await profile(['a.csv'])).rows).toBe(200_000);
    } finally {
      clearInterval(timer);
    }
    expect(longest).toBeLessThan(250);
  });
});

describe('histogramEdges', () => {
  it('has one bin when all values are the same', () => {
    expect(histogramEdges(3, 3)).toEqual([3, 3]);
  });

  it('ends exactly at the largest value', () => {
    expect(histogramEdges(0.1, 0.7).at(-1)).toBe(0.7);
  });

  it('does not overflow between the largest numbers', () => {
    expect(
      histogramEdges(-Number.MAX_VALUE, Number.MAX_VALUE).every(
        Number.isFinite,
      ),
    ).toBe(true);
  });
});

describe('classOf', () => {
  it.each([
    ['DOUBLE', 'number'],
    ['UBIGINT', 'number'],
    ['DECIMAL(9,2)', 'number'],
    ['INTEGER[]', 'other'],
    ['DOUBLE[3]', 'other'],
    ['STRUCT(a INTEGER)', 'other'],
    ['VARCHAR', 'category'],
    ['TIMESTAMP WITH TIME ZONE', 'moment'],
    ['BLOB', 'other'],
  ])('treats %s as a %s', (type, expected) => {
    expect(classOf(type)).toBe(expected);
  });
});
