import { assessQuality } from './assessQuality';

const version = {
  rows: 3,
  profile: {
    columns: [
      {
        name: 'age',
        type: 'BIGINT',
        count: 3,
        nulls: 0,
        distinct: 2,
        min: 18,
        max: 64,
      },
      {
        name: 'sex',
        type: 'VARCHAR',
        count: 2,
        nulls: 1,
        distinct: 2,
        topValues: [
          { value: 'f', count: 1 },
          { value: 'x', count: 1 },
        ],
      },
    ],
  },
};

describe('assessQuality', () => {
  it.each([
    ['9007199254740993', { max: 9007199254740992 }, 'failed'],
    ['9007199254740992', { max: 9007199254740992 }, 'passed'],
    ['18446744073709551615', { min: 18446744073709551615 }, 'failed'],
    ['12345678901234567.25', { max: 12345678901234568 }, 'passed'],
    ['0.3000000000000000000001', { max: 0.3 }, 'failed'],
    ['-0.5000000000000000000001', { min: -0.5 }, 'failed'],
  ])(
    'compares %s to the last digit (folder 25): %p',
    (figure, limit, state) => {
      const column = {
        ...{ name: 'id', type: 'DECIMAL(38,10)', count: 1, nulls: 0 },
        ...{ distinct: 1, min: figure, max: figure },
      };
      expect(
        assessQuality([{ column: 'id', ...limit }], {
          rows: 1,
          profile: { columns: [column] },
        }).state,
      ).toBe(state);
    },
  );

  it.each([
    ['no checks', undefined, 'unknown'],
    [
      'limits that hold',
      [{ column: 'age', min: 18, max: 64, notNull: true }],
      'passed',
    ],
    ['a limit that does not', [{ column: 'age', min: 20 }], 'failed'],
    ['a value twice', [{ column: 'age', unique: true }], 'failed'],
    ['an empty value', [{ column: 'sex', notNull: true }], 'failed'],
    [
      'a value that is not allowed',
      [{ column: 'sex', allowed: ['f', 'm'] }],
      'failed',
    ],
    ['allowed values', [{ column: 'sex', allowed: ['f', 'x'] }], 'passed'],
    ['a limit for text', [{ column: 'sex', min: 1 }], 'unknown'],
    ['a column that is not there', [{ column: 'height', min: 1 }], 'failed'],
    ['too few rows', [{ minRows: 4 }], 'failed'],
    ['enough rows', [{ minRows: 3 }], 'passed'],
  ])('%s', (_, checks, state) => {
    expect(assessQuality(checks, version).state).toBe(state);
  });
});
