import type {
  ColumnProfile,
  DatasetVersion,
} from '@downstage/plugin-ml-data-common';
import { diffVersions } from './diffVersions';

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
