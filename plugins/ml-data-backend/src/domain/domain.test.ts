import type {
  ColumnProfile,
  DatasetVersion,
} from '@downstage/plugin-ml-data-common';
import { describeColumns } from './describeColumns';
import { diffVersions } from './diffVersions';
import { digestOf } from './digest';
import { decideFormat, parseFormat } from './sourceFormat';

const column = (over: Partial<ColumnProfile>): ColumnProfile => ({
  name: 'radius',
  type: 'DOUBLE',
  count: 10,
  nulls: 0,
  distinct: 10,
  ...over,
});

function version(number: number, columns: ColumnProfile[]): DatasetVersion {
  return {
    ref: `default/masses@${number}`,
    version: number,
    createdAt: '2026-11-21T00:00:00.000Z',
    createdBy: 'user:default/ann',
    format: 'csv',
    uri: 'masses.csv',
    rows: columns[0].count + columns[0].nulls,
    bytes: 100 * number,
    digest: `sha256:${number}`,
    files: [],
    schema: columns.map(({ name, type }) => ({ name, type, nullable: false })),
    profile: { columns },
  };
}

describe('digestOf', () => {
  it('does not depend on the order of the files', () => {
    const a = { path: 'a.csv', sha256: '1' };
    const b = { path: 'b.csv', sha256: '2' };
    expect(digestOf([a, b])).toBe(digestOf([b, a]));
  });

  it('tells files apart whose contents changed places', () => {
    expect(
      digestOf([
        { path: 'a.csv', sha256: '1' },
        { path: 'b.csv', sha256: '2' },
      ]),
    ).not.toBe(
      digestOf([
        { path: 'a.csv', sha256: '2' },
        { path: 'b.csv', sha256: '1' },
      ]),
    );
  });

  it('takes a single file by its content, whatever its name', () => {
    expect(digestOf([{ path: 'a.csv', sha256: '1' }])).toBe(
      digestOf([{ path: 'b.csv', sha256: '1' }]),
    );
  });
});

describe('describeColumns', () => {
  it('joins descriptions and units to the columns found', () => {
    expect(
      describeColumns({
        ref: 'dataset:default/masses',
        found: [column({ nulls: 2 }), column({ name: 'other' })],
        declared: [{ name: 'radius', description: 'mean radius', unit: 'µm' }],
      }),
    ).toEqual([
      {
        name: 'radius',
        type: 'DOUBLE',
        nullable: true,
        description: 'mean radius',
        unit: 'µm',
      },
      { name: 'other', type: 'DOUBLE', nullable: false },
    ]);
  });

  it('refuses a declared column that the data does not have, and says which it has', () => {
    expect(() =>
      describeColumns({
        ref: 'dataset:default/masses',
        found: [column({})],
        declared: [{ name: 'perimeter' }],
      }),
    ).toThrow(/does not have: perimeter. The data has: radius/);
  });
});

describe('decideFormat', () => {
  it.each([
    [['a.csv', 'b.tsv'], 'csv'],
    [['a.PARQUET'], 'parquet'],
  ])('reads %p as %s', (paths, format) => {
    expect(
      decideFormat({ uri: 'x', files: paths.map(path => ({ path })) }),
    ).toBe(format);
  });

  it.each([
    [['a.csv', 'b.parquet'], undefined, /mixes csv and parquet/],
    [[], undefined, /holds no data/],
    [['a.csv'], 'parquet', /declared as parquet, but holds csv/],
  ] as const)('refuses %p declared as %p', (paths, declared, message) => {
    expect(() =>
      decideFormat({
        uri: 'x',
        files: paths.map(path => ({ path })),
        declared,
      }),
    ).toThrow(message);
  });

  it('refuses a format it cannot read', () => {
    expect(() => parseFormat('avro')).toThrow(/allowed: csv, parquet/);
  });
});

describe('diffVersions', () => {
  const from = version(1, [
    column({ mean: 10, stddev: 2, distinct: 5 }),
    column({ name: 'label', type: 'VARCHAR' }),
    column({ name: 'gone' }),
    column({ name: 'still', mean: 1, stddev: 0 }),
  ]);
  const to = version(2, [
    column({ count: 6, nulls: 2, mean: 13, stddev: 2, distinct: 5 }),
    column({ name: 'label', type: 'BIGINT' }),
    column({ name: 'new' }),
    column({ name: 'still', mean: 2, stddev: 0 }),
  ]);

  it('names added, removed and retyped columns', () => {
    const { schema } = diffVersions(from, to);
    expect(schema.added.map(({ name }) => name)).toEqual(['new']);
    expect(schema.removed.map(({ name }) => name)).toEqual(['gone']);
    expect(schema.changed).toEqual([
      { name: 'label', from: 'VARCHAR', to: 'BIGINT' },
    ]);
  });

  it('measures moves in standard deviations, largest first', () => {
    const diff = diffVersions(from, to);
    expect(diff.rows).toEqual({ from: 10, to: 8, delta: -2 });
    expect(diff.columns[0]).toMatchObject({
      name: 'radius',
      shift: 1.5,
      nullRate: { from: 0, to: 0.25, delta: 0.25 },
    });
    expect(diff.columns.map(({ name }) => name)).not.toContain('gone');
  });

  it('has no shift for a column that did not vary', () => {
    const still = diffVersions(from, to).columns.find(c => c.name === 'still');
    expect(still?.mean?.delta).toBe(1);
    expect(still?.shift).toBeUndefined();
  });

  it('knows that a version equals itself', () => {
    expect(diffVersions(from, from).identical).toBe(true);
  });
});
