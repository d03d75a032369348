import {
  halfToNumber,
  packValues,
  toJsonText,
  type ElementType,
  type Tensor,
  type TensorInfo,
} from '../inference/tensors';
import { readBlob, writeBlob } from './binary';
import { decodeRequest, splitBody } from './decode';
import { encodeAnswer } from './encode';

const refused = (message: RegExp) => expect.stringMatching(message);

/** What comes out: the value, or the words of the refusal. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

const bits = (...values: number[]) => Uint16Array.of(...values);

/** Each value is kept exactly, rounded as its float type rounds, or refused: there is no fourth way. */
const values: [ElementType, unknown, unknown][] = [
  ['float32', 0.1, Float32Array.of(0.1)],
  ['float32', null, Float32Array.of(NaN)],
  ['float32', -0, Float32Array.of(-0)],
  ['float32', 'Infinity', Float32Array.of(Infinity)],
  ['float32', '-Infinity', Float32Array.of(-Infinity)],
  ['float32', 'NaN', Float32Array.of(NaN)],
  ['float32', 1e39, refused(/1e\+39, wanted a number that FP32 can hold/)],
  ['float32', -1e39, refused(/FP32 can hold/)],
  ['float32', Infinity, refused(/a finite number/)],
  ['float32', true, refused(/wanted a number/)],
  ['float32', '1', refused(/string "1", wanted a number/)],
  ['float32', [1], refused(/an array, wanted a number/)],
  ['float64', 1e308, Float64Array.of(1e308)],
  ['float64', 5e-324, Float64Array.of(5e-324)],
  ['float16', 1, bits(0x3c00)],
  ['float16', -2, bits(0xc000)],
  ['float16', 65504, bits(0x7bff)],
  ['float16', 65519.99, bits(0x7bff)],
  ['float16', 65520, refused(/FP16 can hold/)],
  ['float16', 2 ** -24, bits(0x0001)],
  ['float16', 2 ** -14, bits(0x0400)],
  ['float16', 1 + 2 ** -11, bits(0x3c00)],
  ['float16', 1 + 3 * 2 ** -11, bits(0x3c02)],
  ['float16', -0, bits(0x8000)],
  ['float16', null, bits(0x7e00)],
  ['float16', '-Infinity', bits(0xfc00)],
  ['int8', 127, Int8Array.of(127)],
  ['int8', 128, refused(/from -128 to 127/)],
  ['int8', 1.5, refused(/an integer/)],
  ['int8', null, refused(/null, wanted an integer/)],
  ['uint8', -1, refused(/from 0 to 255/)],
  ['int16', -32769, refused(/from -32768/)],
  ['uint16', 65536, refused(/to 65535/)],
  ['int32', 2147483648, refused(/to 2147483647/)],
  ['uint32', 4294967295, Uint32Array.of(4294967295)],
  ['int64', 2 ** 53, refused(/digits in a string when beyond/)],
  ['int64', '9223372036854775807', BigInt64Array.of(2n ** 63n - 1n)],
  ['int64', '9223372036854775808', refused(/to 9223372036854775807/)],
  ['int64', '-9223372036854775808', BigInt64Array.of(-(2n ** 63n))],
  ['int64', '-9223372036854775809', refused(/from -9223372036854775808/)],
  ['int64', 1.5, refused(/an integer/)],
  ['uint64', '18446744073709551615', BigUint64Array.of(2n ** 64n - 1n)],
  ['uint64', '18446744073709551616', refused(/to 18446744073709551615/)],
  ['uint64', -1, refused(/from 0/)],
  ['bool', true, Uint8Array.of(1)],
  ['bool', 1, Uint8Array.of(1)],
  ['bool', 2, refused(/true or false/)],
  ['string', 'ä€𝄞', ['ä€𝄞']],
  ['string', '\ud800', refused(/half surrogate pairs/)],
  ['string', 'a\u0000b', refused(/zero characters/)],
  ['string', 1, refused(/wanted a string/)],
];

describe('a value in JSON', () => {
  it.each(values)('as %s: %p', (type, value, expected) => {
    expect(outcome(() => packValues('X', type, [value]))).toEqual(expected);
  });

  it.each<[ElementType, Tensor['data'], string]>([
    [
      'float32',
      Float32Array.of(0.1, -0, NaN, Infinity, -Infinity, 16777216, 2 ** -149),
      '[0.1,-0,null,"Infinity","-Infinity",16777216,1.401298e-45]',
    ],
    [
      'float64',
      Float64Array.of(0.1, -0, NaN, Infinity, 1e21),
      '[0.1,-0,null,"Infinity",1e+21]',
    ],
    [
      'float16',
      bits(0x3c00, 0x8000, 0x7c00, 0x7e00, 0x0001),
      '[1,-0,"Infinity",null,5.960464477539063e-8]',
    ],
    [
      'int64',
      BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)),
      '[9223372036854775807,-9223372036854775808]',
    ],
    ['uint64', BigUint64Array.of(2n ** 64n - 1n), '[18446744073709551615]'],
    ['int8', Int8Array.of(-128, 127), '[-128,127]'],
    ['bool', Uint8Array.of(1, 0), '[true,false]'],
    ['string', ['a"\u0000', 'ä'], '["a\\"\\u0000","ä"]'],
  ])('of %s is written with all it says', (type, data, text) => {
    expect(toJsonText({ type, dims: [data.length], data })).toBe(text);
  });

  it('of FP16 comes back from its bits for every one of the 65,536', () => {
    const wrong: number[] = [];
    for (let value = 0; value < 65_536; value++) {
      const number = halfToNumber(value);
      if (Number.isNaN(number)) continue;
      const given = Number.isFinite(number) ? number : String(number);
      if (packValues('X', 'float16', [given])[0] !== value) wrong.push(value);
    }
    expect(wrong).toEqual([]);
  });
});

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
  it('refuses strings that are not UTF-8', () => {
    const blob = Buffer.from([1, 0, 0, 0, 0xff]);
    expect(() => readBlob('X', 'string', 1, blob)).toThrow(
      /string 0 is not UTF-8/,
    );
  });

  it('keeps every text, a byte order mark among them', () => {
    const data = ['', '\ufeffa', 'ab', '𝄞'];
    const blob = writeBlob({ type: 'string', dims: [4], data });
    expect(readBlob('X', 'string', 4, blob)).toEqual(data);
  });

  it('refuses strings that the runtime would cut off', () => {
    const blob = writeBlob({ type: 'string', dims: [1], data: ['a\u0000b'] });
    expect(() => readBlob('X', 'string', 1, blob)).toThrow(/zero byte/);
  });

  it('refuses bytes for BOOL that are neither 0 nor 1', () => {
    expect(() => readBlob('X', 'bool', 2, Buffer.from([1, 2]))).toThrow(
      /byte 1 is 2/,
    );
  });

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

  it('is written in the order of the outputs', () => {
    const tensor = (value: number): Tensor => ({
      type: 'uint8',
      dims: [1],
      data: Uint8Array.of(value),
    });
    const { parts } = encodeAnswer({
      model: 'm',
      version: 1,
      id: undefined,
      outputs: new Map([
        ['z', tensor(1)],
        ['a', tensor(2)],
      ]),
      isBinary: () => true,
    });
    expect(parts.slice(1)).toEqual([Buffer.from([1]), Buffer.from([2])]);
  });
});
