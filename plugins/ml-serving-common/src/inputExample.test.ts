import { rowsOfExample } from './inputExample';

describe('the rows of an input example', () => {
  const row = { radius: 14.1, texture: null };
  it.each([
    [
      'a frame to serve',
      {
        dataframe_split: {
          columns: ['radius', 'texture'],
          data: [[14.1, null]],
        },
      },
      [row],
    ],
    [
      'a frame as it was logged',
      { columns: ['radius', 'texture'], data: [[14.1, null]] },
      [row],
    ],
    ['records', { dataframe_records: [row, row] }, [row, row]],
    ['a frame without rows', { columns: ['radius'], data: [] }, []],
  ])('are read from %s', (_, example, rows) => {
    expect(rowsOfExample(example)).toEqual({ rows });
  });

  it.each([
    [
      'a row is null',
      { columns: ['a'], data: [[1], null] },
      'Row 2 of the input example is null, not a list of values',
    ],
    [
      'a row has too few values',
      { dataframe_split: { columns: ['a', 'b'], data: [[1]] } },
      'Row 1 of the input example has 1 values for 2 columns',
    ],
    [
      'a record is null',
      { dataframe_records: [row, null] },
      'Row 2 of the input example is null, not an object',
    ],
    [
      'a record is a text',
      { dataframe_records: ['no row'] },
      'Row 1 of the input example is a string, not an object',
    ],
    [
      'a record is a list',
      { dataframe_records: [[1]] },
      'Row 1 of the input example is a list, not an object',
    ],
  ])('are refused by words, where %s', (_, example, refusal) => {
    expect(rowsOfExample(example)).toEqual({ refusal });
  });

  it.each([
    ['tensors', { inputs: [[1, 2]] }],
    ['a list', [[1, 2]]],
    ['nothing', null],
  ])('are none in %s', (_, example) => {
    expect(rowsOfExample(example)).toBeUndefined();
  });
});
