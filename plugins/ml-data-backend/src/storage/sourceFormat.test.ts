import { decideFormat, parseFormat } from './sourceFormat';

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
