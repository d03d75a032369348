import { layoutOf } from '../tensors/tabular';
import { exampleToTensors } from './example';
import type { TensorInfo } from '../tensors/tensors';

describe('the input example beside a model', () => {
  const features = [
    { name: 'radius', type: 'double' as const },
    { name: 'texture', type: 'double' as const },
  ];
  const inputs: TensorInfo[] = [{ name: 'X', type: 'float32', shape: [-1, 2] }];
  const model = { features, inputs, layout: layoutOf(features, inputs) };

  it('becomes a tensor in the order of the features', () => {
    const split = { columns: ['texture', 'id', 'radius'], data: [[2, 'a', 1]] };
    const tensor = exampleToTensors({ dataframe_split: split }, model).get('X');
    expect(tensor?.dims).toEqual([1, 2]);
    expect([...(tensor?.data as Float32Array)]).toEqual([1, 2]);
  });

  it.each([
    [
      'a row that is null',
      { columns: ['radius', 'texture'], data: [[1, 2], null] },
      'Row 2 of the input example is null, not a list of values',
    ],
    [
      'a record that is null',
      { dataframe_records: [{ radius: 1, texture: 2 }, null] },
      'Row 2 of the input example is null, not an object',
    ],
    [
      'a column too few',
      { dataframe_records: [{ radius: 1 }] },
      'Row 0: missing columns texture (wanted: radius, texture)',
    ],
    [
      'a value of another type',
      { dataframe_records: [{ radius: 1, texture: [2] }] },
      "Row 0, column 'texture': found an object or array, wanted a number",
    ],
  ])('is refused by words with %s', (_, example, words) => {
    expect(() => exampleToTensors(example, model)).toThrow(words);
  });
});
