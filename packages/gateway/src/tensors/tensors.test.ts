import {
  halfToNumber,
  packValues,
  toJsonText,
  type ElementType,
  type Tensor,
} from './tensors';
import { outcome } from '../testUtils/outcome';

const refused = (message: RegExp) => expect.stringMatching(message);

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
