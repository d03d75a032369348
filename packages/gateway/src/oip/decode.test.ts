import { type ElementType, type TensorInfo } from '../tensors/tensors';
import { decodeRequest, splitBody } from './decode';
import { outcome } from '../testUtils/outcome';

const info = (type: ElementType, shape: number[]): TensorInfo => ({
  name: 'X',
  type,
  shape,
});

function decode(
  input: object,
  model: TensorInfo,
  request: object = {},
  blobs: Buffer = Buffer.alloc(0),
) {
  return decodeRequest({
    json: { inputs: [{ name: 'X', ...input }], ...request },
    blobs,
    inputs: [model],
    outputs: ['a', 'b', 'c'].map(name => ({ ...model, name })),
  });
}

describe('a request', () => {
  it.each<[string, number[], unknown, RegExp]>([
    [
      'ragged rows',
      [2, 2],
      [[1, 2], [3]],
      /at depth 1 found 1 items, wanted 2/,
    ],
    [
      'too many rows',
      [1, 2],
      [
        [1, 2],
        [3, 4],
      ],
      /at depth 0 found 2 items/,
    ],
    [
      'rows where the shape has columns',
      [4, 1],
      [
        [1, 2],
        [3, 4],
      ],
      /depth 0/,
    ],
    ['values among rows', [2, 2], [[1, 2], 3], /found a number, wanted 2/],
    [
      'deeper nesting than the shape',
      [2, 1],
      [[[1]], [[2]]],
      /value 0 is an array/,
    ],
    [
      'flat values and then a row',
      [2, 2],
      [1, 2, 3, [4]],
      /value 3 is an array/,
    ],
    [
      'too few flat values',
      [2, 2],
      [1, 2, 3],
      /has 3 values, its shape wants 4/,
    ],
    ['text for data', [1, 1], '1', /has no data: wanted an array/],
    ['rows without values', [20_000_000, 0], [], /rows without values/],
    ['an absurd shape', [2 ** 52, 2 ** 52], [], /too many elements/],
    ['a negative dimension', [-1, 1], [1], /non-negative integers/],
    ['a fraction for a dimension', [1.5, 1], [1], /non-negative integers/],
  ])('is refused for %s', (_, shape, data, message) => {
    expect(() =>
      decode({ shape, datatype: 'FP32', data }, info('float32', [-1, -1])),
    ).toThrow(message);
  });

  it('may nest as the shape says, or not at all', () => {
    const nested = [[[1, 2]], [[3, 4]]];
    const model = info('float32', [-1, 1, 2]);
    const input = { shape: [2, 1, 2], datatype: 'FP32' };
    const expected = Float32Array.of(1, 2, 3, 4);
    for (const data of [nested, [1, 2, 3, 4]]) {
      expect(decode({ ...input, data }, model).inputs.get('X')?.data).toEqual(
        expected,
      );
    }
  });

  it('may write null for every field that may be missing', () => {
    const { id, outputs } = decode(
      { shape: [1], datatype: 'FP32', data: [1], parameters: null },
      info('float32', [-1]),
      { id: null, parameters: null, outputs: null },
    );
    expect({ id, outputs }).toEqual({ id: undefined, outputs: undefined });
  });

  it('gets outputs in the order in which it asks', () => {
    const { outputs } = decode(
      { shape: [1], datatype: 'FP32', data: [1] },
      info('float32', [-1]),
      { outputs: [{ name: 'c' }, { name: 'a', parameters: null }] },
    );
    expect(outputs).toEqual(['c', 'a']);
  });

  it('does not lose digits of integers in a floating point input', () => {
    const model = info('float32', [-1]);
    const input = { shape: [1], data: [16_777_217] };
    expect(() => decode({ ...input, datatype: 'INT64' }, model)).toThrow(
      /an integer that FP32 holds exactly/,
    );
    // Declared as a float it is rounded as floats are.
    expect(
      decode({ ...input, datatype: 'FP32' }, model).inputs.get('X')?.data,
    ).toEqual(Float32Array.of(16_777_216));
  });

  it('has a time limit in microseconds', () => {
    const input = { shape: [1], datatype: 'FP32', data: [1] };
    const limit = (timeout: unknown) =>
      decode(input, info('float32', [-1]), { parameters: { timeout } })
        .timeoutMs;
    expect([limit(1500), limit('2000'), limit(0), limit('soon')]).toEqual([
      1.5,
      2,
      undefined,
      undefined,
    ]);
  });

  it('is refused, not repaired, when its bytes are not UTF-8', () => {
    const body = Buffer.from('{"id": "\xff"}', 'latin1');
    expect(() => splitBody(body, undefined)).toThrow(/not UTF-8/);
  });

  it.each([100_000, 5_000_000])(
    'with JSON %i levels deep is the client’s mistake',
    depth => {
      const body = Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`);
      const found = outcome(() =>
        decode(
          {
            shape: [1, 1],
            datatype: 'FP32',
            data: splitBody(body, undefined).json,
          },
          info('float32', [-1, 1]),
        ),
      );
      expect(found).toMatch(/^InputError: /);
    },
  );
});

describe('binary tensor data', () => {
  it('does not take data twice', () => {
    expect(() =>
      decode(
        {
          shape: [1],
          datatype: 'FP32',
          data: [1],
          parameters: { binary_data_size: 4 },
        },
        info('float32', [-1]),
        {},
        Buffer.alloc(4),
      ),
    ).toThrow(/both data and binary_data_size/);
  });
});
