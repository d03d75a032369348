import { BadInput } from '../kernel/BadInput';

/** Element types of ONNX Runtime that can be served, and their names in the Open Inference Protocol. */
export const datatypes = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  bool: 'BOOL',
  string: 'BYTES',
} as const;

export type ElementType = keyof typeof datatypes;

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A tensor; FP16 is held as the 16 bits of each value, BOOL as one byte. */
export type Tensor = { type: ElementType; dims: number[]; data: TensorData };

/** What a model says about one input or output; −1 is a dimension that may vary. */
export type TensorInfo = { name: string; type: ElementType; shape: number[] };

/** A value as JSON or the log holds it. */
export type Scalar = number | string | boolean | null;

/** The arrays that hold each type, FP16 by its bits. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

const ranges: Partial<Record<ElementType, [number, number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
};

const bigRanges = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/**
 * Text that would not arrive as it is: half a surrogate pair has no UTF-8 form, and the runtime's binding ends a
 * string at its first zero.
 */
const unfit = /\p{Surrogate}|\0/u;

const wordsForNumbers: Record<string, number> = {
  NaN: NaN,
  Infinity,
  '-Infinity': -Infinity,
};

/** Whether a missing value has a representation in this type. */
export function hasNaN(type: ElementType): boolean {
  return type === 'float32' || type === 'float64' || type === 'float16';
}

/**
 * Packs plain JSON values into the array ONNX Runtime wants.
 *
 * @remarks
 * null stands for NaN in floating point tensors and is refused elsewhere; infinities are the words `Infinity` and
 * `-Infinity`. A decimal becomes the nearest float of its type. Everything else is kept exactly or refused: no integer
 * is cut or wrapped, no number becomes infinite, no text is repaired.
 *
 * @param options - `exact`: also refuse integers that the floating point type does not hold exactly, for values that
 * were declared to be integers; `booleans`: take true and false for 1 and 0 in a tensor of numbers
 * @throws BadInput naming the position of the first value that does not fit
 */
export function packValues(
  where: string,
  type: ElementType,
  values: readonly unknown[],
  options: { exact?: boolean; booleans?: boolean } = {},
): TensorData {
  const refuse = (index: number, wanted: string): never => {
    throw new BadInput(
      `${where}: value ${index} is ${describe(
        values[index],
      )}, wanted ${wanted} (${datatypes[type]})`,
    );
  };
  const { length } = values;
  if (type === 'string') {
    for (let index = 0; index < length; index++) {
      const value = values[index];
      if (typeof value !== 'string') refuse(index, 'a string');
      else if (unfit.test(value)) {
        refuse(index, 'text without half surrogate pairs and zero characters');
      }
    }
    return values as string[];
  }
  if (type === 'int64' || type === 'uint64') {
    const array =
      type === 'int64' ? new BigInt64Array(length) : new BigUint64Array(length);
    const [least, most] = bigRanges[type];
    for (let index = 0; index < length; index++) {
      const value = values[index];
      let big: bigint | undefined;
      if (Number.isSafeInteger(value)) big = BigInt(Number(value));
      else if (typeof value === 'boolean' && options.booleans) {
        big = BigInt(value);
      } else if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
        big = BigInt(value);
      }
      if (big === undefined || big < least || big > most) {
        refuse(
          index,
          `an integer from ${least} to ${most} (digits in a string when beyond 2^53)`,
        );
      } else array[index] = big;
    }
    return array;
  }
  const array = new arrayTypes[type](length);
  if (type === 'bool') {
    for (let index = 0; index < length; index++) {
      const value = values[index];
      if (value === true || value === 1) array[index] = 1;
      else if (value !== false && value !== 0) refuse(index, 'true or false');
    }
    return array;
  }
  const range = ranges[type];
  for (let index = 0; index < length; index++) {
    let value = values[index];
    if (typeof value === 'boolean' && options.booleans) value = Number(value);
    if (range) {
      if (
        typeof value !== 'number' ||
        !Number.isInteger(value) ||
        value < range[0] ||
        value > range[1]
      ) {
        refuse(index, `an integer from ${range[0]} to ${range[1]}`);
      } else array[index] = value;
      continue;
    }
    if (value === null) value = NaN;
    else if (typeof value === 'string' && Object.hasOwn(wordsForNumbers, value))
      value = wordsForNumbers[value];
    else if (typeof value !== 'number') refuse(index, 'a number');
    else if (!Number.isFinite(value)) {
      // JSON has no infinity: this was a number with too many digits.
      refuse(index, 'a finite number, or the word "Infinity"');
    }
    const number = value as number;
    const kept = roundTo(type, number);
    if (Number.isFinite(number) && !Number.isFinite(kept)) {
      refuse(index, `a number that ${datatypes[type]} can hold`);
    }
    if (options.exact && kept !== number && !Number.isNaN(number)) {
      refuse(index, `an integer that ${datatypes[type]} holds exactly`);
    }
    array[index] = type === 'float16' ? halfBits(kept) : kept;
  }
  return array;
}

function roundTo(type: ElementType, value: number): number {
  if (type === 'float32') return Math.fround(value);
  return type === 'float16' ? roundToHalf(value) : value;
}

const halfBuffer = new DataView(new ArrayBuffer(4));

/** The nearest FP16, ties to even; Infinity from 65520 on. */
function roundToHalf(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const size = Math.abs(value);
  if (size >= 65520) return value < 0 ? -Infinity : Infinity;
  // The distance between neighbours: 2^-24 among the smallest, else 2^-10 of the power of two below.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const step = 2 ** (exponent - 10);
  const units = size / step;
  let whole = Math.floor(units);
  const rest = units - whole;
  if (rest > 0.5 || (rest === 0.5 && whole % 2 === 1)) whole += 1;
  return Math.sign(value) * whole * step;
}

/** The 16 bits of a value that FP16 holds exactly. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  halfBuffer.setFloat32(0, value);
  const bits = halfBuffer.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (size === Infinity) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** The number that 16 bits of FP16 stand for. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * A tensor's values as plain values: NaN and infinities become null, integers beyond 2^53 digits in a string.
 *
 * @remarks
 * For rows with named columns and for the log, where null is a missing value.
 */
export function unpackValues(tensor: Tensor): Scalar[] {
  const { type, data } = tensor;
  if (Array.isArray(data)) return data;
  // By the type's name and not by instanceof: an array from another thread or realm has another class.
  if (type === 'int64' || type === 'uint64') {
    return Array.from<bigint | number, number | string>(data, value => {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : value.toString();
    });
  }
  const numbers = Array.from<bigint | number, number>(data, Number);
  if (type === 'bool') return numbers.map(value => value !== 0);
  if (type === 'float32') {
    return numbers.map(value =>
      Number.isFinite(value) ? shortFloat(value) : null,
    );
  }
  if (type === 'float16') {
    return numbers.map(bits => {
      const value = halfToNumber(bits);
      return Number.isFinite(value) ? value : null;
    });
  }
  return numbers.map(value => (Number.isFinite(value) ? value : null));
}

/**
 * A tensor's values as JSON text, an array without nesting.
 *
 * @remarks
 * The text is exact: integers have all their digits, and −0 keeps its sign. Infinities are the words `"Infinity"` and
 * `"-Infinity"`, as in the JSON form of protocol buffers. NaN is null, which clients of the protocol read as NaN.
 */
export function toJsonText(tensor: Tensor): string {
  const { type, data } = tensor;
  if (Array.isArray(data)) return JSON.stringify(data);
  if (type.startsWith('float') || type === 'bool') {
    return `[${toJsonTexts(tensor).join(',')}]`;
  }
  return `[${data.join(',')}]`;
}

/** The JSON text of each value; see `toJsonText`. */
export function toJsonTexts(tensor: Tensor): string[] {
  const { type, data } = tensor;
  if (Array.isArray(data)) return data.map(value => JSON.stringify(value));
  switch (type) {
    case 'float32':
      return texts(data, value => floatText(value, shortFloat));
    case 'float64':
      return texts(data, value => floatText(value));
    case 'float16':
      return texts(data, bits => floatText(halfToNumber(bits)));
    case 'bool':
      return texts(data, value => (value ? 'true' : 'false'));
    default:
      return texts(data, String);
  }
}

function texts(data: TensorData, text: (value: number) => string): string[] {
  const parts = new Array<string>(data.length);
  for (let index = 0; index < data.length; index++) {
    parts[index] = text(data[index] as number);
  }
  return parts;
}

function floatText(
  value: number,
  shorten: (value: number) => number = same => same,
): string {
  if (Number.isNaN(value)) return 'null';
  if (value === Infinity) return '"Infinity"';
  if (value === -Infinity) return '"-Infinity"';
  if (Object.is(value, -0)) return '-0';
  return String(shorten(value));
}

/** Zeros of a type, for warming up. */
export function zeros(type: ElementType, count: number): TensorData {
  return type === 'string'
    ? new Array<string>(count).fill('')
    : new arrayTypes[type](count);
}

/** The shortest decimal that is the same 32-bit float: 0.1 instead of 0.10000000149011612. */
function shortFloat(value: number): number {
  if (Number.isInteger(value)) return value;
  for (const digits of [7, 8]) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  return typeof value === 'object'
    ? `an ${Array.isArray(value) ? 'array' : 'object'}`
    : `${typeof value} ${
        typeof value === 'number'
          ? value
          : JSON.stringify(value.toString().slice(0, 40))
      }`;
}
