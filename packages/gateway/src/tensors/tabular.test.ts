import type { Column } from '@downstage/plugin-ml-serving-common';
import type { TensorInfo } from './tensors';
import { fromPayload, toPayload } from '../log/payload';
import type { Tensor } from './tensors';
import { layoutOf, rowsToTensors, type Layout } from './tabular';

const features: Column[] = [
  { name: 'size', type: 'double' },
  { name: 'smoker', type: 'boolean' },
  { name: 'visits', type: 'long' },
];
const matrix: TensorInfo[] = [{ name: 'X', type: 'float32', shape: [-1, 3] }];
const columns: TensorInfo[] = [
  { name: 'smoker', type: 'bool', shape: [-1, 1] },
  { name: 'visits', type: 'int64', shape: [-1] },
  { name: 'size', type: 'float64', shape: [-1, 1] },
];
const rows = [
  { visits: 2, smoker: true, size: 1.5 },
  { size: null, smoker: false, visits: 0 },
];

/** What the log reads back of the tensors of a request. */
function logged(
  layout: Layout | undefined,
  inputs: Map<string, Tensor>,
  count: number,
) {
  const { parts, buffers } = toPayload({
    features,
    layout,
    inputs,
    outputs: new Map(),
    rows: count,
  });
  return Object.fromEntries(
    fromPayload({
      features,
      parts,
      payload: Buffer.concat(buffers),
      rows: count,
    }),
  );
}

describe('named columns', () => {
  it('become one matrix in the order of the signature', () => {
    const layout = layoutOf(features, matrix);
    if (!layout) throw new Error('no layout');
    const inputs = rowsToTensors({ features, layout, rows });
    expect(Object.fromEntries(inputs)).toEqual({
      X: {
        type: 'float32',
        dims: [2, 3],
        data: Float32Array.of(1.5, 1, 2, NaN, 0, 0),
      },
    });
    expect(logged(layout, inputs, 2)).toEqual({
      'feature.size': [1.5, null],
      'feature.smoker': [true, false],
      'feature.visits': [2, 0],
    });
  });

  it('become one tensor each when the model has an input for each', () => {
    const layout = layoutOf(features, columns);
    if (!layout) throw new Error('no layout');
    const inputs = rowsToTensors({ features, layout, rows });
    expect(Object.fromEntries(inputs)).toMatchObject({
      size: { dims: [2, 1], data: Float64Array.of(1.5, NaN) },
      smoker: { dims: [2, 1], data: Uint8Array.of(1, 0) },
      visits: { dims: [2], data: BigInt64Array.of(2n, 0n) },
    });
    const noVisits = [{ ...rows[0], visits: null }];
    expect(() => rowsToTensors({ features, layout, rows: noVisits })).toThrow(
      /Row 0, column 'visits': found null, wanted a value/,
    );
  });

  it.each([
    [
      'the model wants another number of them',
      [{ ...matrix[0], shape: [-1, 4] }],
    ],
    ['the model takes images', [{ ...matrix[0], shape: [-1, 3, 8, 8] }]],
  ])('do not reach the model when %s', (_, inputs) => {
    expect(layoutOf(features, inputs)).toBeUndefined();
  });

  it('are logged as missing where a tensor held what the column cannot', () => {
    const layout = layoutOf(features, matrix);
    const inputs = new Map<string, Tensor>([
      [
        'X',
        { type: 'float32', dims: [1, 3], data: Float32Array.of(1, 1, 2.5) },
      ],
    ]);
    expect(logged(layout, inputs, 1)).toEqual({
      'feature.size': [1],
      'feature.smoker': [true],
      'feature.visits': [null],
    });
  });
});
