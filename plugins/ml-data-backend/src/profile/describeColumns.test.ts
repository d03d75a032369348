import type { ColumnProfile } from '@downstage/plugin-ml-data-common';
import { describeColumns } from './describeColumns';

const column = (over: Partial<ColumnProfile>): ColumnProfile => ({
  name: 'radius',
  type: 'DOUBLE',
  count: 10,
  nulls: 0,
  distinct: 10,
  ...over,
});

describe('what the entity declares of the columns', () => {
  const found = (...names: string[]) =>
    names.map(name => ({ name, type: 'DOUBLE', nulls: 0 }));
  const declared = (...names: string[]) => names.map(name => ({ name }));
  const wide = Array.from({ length: 32 }, (_, index) => `c${index}`);

  it('goes into the version with the columns that were found', () => {
    expect(
      describeColumns({
        ref: 'default/masses',
        found: found('radius', 'area'),
        declared: [{ name: 'area', description: 'Of the mass', unit: 'mm²' }],
      }),
    ).toEqual([
      { name: 'radius', type: 'DOUBLE', nullable: false },
      {
        ...{ name: 'area', type: 'DOUBLE', nullable: false },
        ...{ description: 'Of the mass', unit: 'mm²' },
      },
    ]);
  });

  it.each([
    [
      'one that the data does not have, and not the 31 that it has',
      found(...wide.slice(1), 'C0'),
      declared(...wide),
      'declares a column that the data does not have: c0. Not declared is C0. Correct',
    ],
    [
      'at most five of each, and how many more',
      found(...wide.map(name => name.toUpperCase())),
      declared(...wide),
      'declares columns that the data does not have: c0, c1, c2, c3, c4 and 27 more. Not declared are C0, C1, C2, C3, C4 and 27 more. Correct',
    ],
    [
      'that nothing else is in the data',
      found('radius'),
      declared('radius', 'area'),
      'does not have: area. All columns of the data are declared. Correct',
    ],
  ])('is refused by naming %s', (_, columns, fields, words) => {
    expect(() =>
      describeColumns({
        ref: 'default/masses',
        found: columns,
        declared: fields,
      }),
    ).toThrow(words);
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
    ).toThrow(/does not have: perimeter\. Not declared is radius\./);
  });
});
