import { InputError } from '@backstage/errors';

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

/** A tensor as it travels between the HTTP thread and a worker. */
export type Tensor = { type: ElementType; dims: number[]; data: TensorData };

/** What a model says about one input or output; −1 is a dimension that may vary. */
export type TensorInfo = { name: string; type: ElementType; shape: number[] };

const ranges: Partial<Record<ElementType, [number, number]>> = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
};

/** Whether a missing value has a representation in this type. */
export function hasNaN(type: ElementType): boolean {
  return type === 'float32' || type === 'float64';
}

/**
 * Packs plain JSON values into the array ONNX Runtime wants.
 *
 * @remarks
 * null stands for NaN in floating point tensors and is refused elsewhere. Numbers are never rounded or cut silently.
 *
 * @throws InputError naming the position of the first value that does not fit
 */
export function packValues(
  where: string,
  type: ElementType,
  values: readonly unknown[],
): TensorData {
  const refuse = (index: number, wanted: string): never => {
    throw new InputError(
      `${where}: value ${index} is ${describe(
        values[index],
      )}, wanted ${wanted} (${datatypes[type]})`,
    );
  };
  const numbers = (): number[] =>
    values.map((value, index) => {
      if (value === null && hasNaN(type)) return NaN;
      if (typeof value === 'boolean') return Number(value);
      if (typeof value !== 'number') return refuse(index, 'a number');
      const range = ranges[type];
      if (
        range &&
        !(Number.isInteger(value) && value >= range[0] && value <= range[1])
      ) {
        return refuse(index, `an integer from ${range[0]} to ${range[1]}`);
      }
      return value;
    });
  const bigs = (signed: boolean): bigint[] =>
    values.map((value, index) => {
      let big: bigint | undefined;
      if (Number.isSafeInteger(value)) big = BigInt(Number(value));
      else if (typeof value === 'boolean') big = BigInt(value);
      else if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
        big = BigInt(value);
      }
      if (big === undefined || (!signed && big < 0n)) {
        return refuse(
          index,
          `${
            signed ? 'an' : 'a non-negative'
          } integer (digits in a string when beyond 2^53)`,
        );
      }
      return big;
    });
  switch (type) {
    case 'float32':
      return Float32Array.from(numbers());
    case 'float64':
      return Float64Array.from(numbers());
    case 'int8':
      return Int8Array.from(numbers());
    case 'int16':
      return Int16Array.from(numbers());
    case 'int32':
      return Int32Array.from(numbers());
    case 'uint8':
      return Uint8Array.from(numbers());
    case 'uint16':
      return Uint16Array.from(numbers());
    case 'uint32':
      return Uint32Array.from(numbers());
    case 'int64':
      return BigInt64Array.from(bigs(true));
    case 'uint64':
      return BigUint64Array.from(bigs(false));
    case 'bool':
      return Uint8Array.from(
        values.map((value, index) => {
          if (typeof value === 'boolean') return Number(value);
          if (value === 0 || value === 1) return value;
          return refuse(index, 'true or false');
        }),
      );
    case 'string':
      return values.map((value, index) =>
        typeof value === 'string' ? value : refuse(index, 'a string'),
      );
    default:
      throw new InputError(
        `${where}: ${datatypes[type]} has no JSON form; export the model with FP32 inputs`,
      );
  }
}

/** A tensor's values as JSON can carry them: NaN and infinities become null, 64-bit integers numbers where exact. */
export function unpackValues(
  tensor: Tensor,
): (number | string | boolean | null)[] {
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
  if (type === 'float32') return numbers.map(shortFloat);
  return numbers.map(value => (Number.isFinite(value) ? value : null));
}

/** Zeros of a type, for warming up. */
export function zeros(type: ElementType, count: number): TensorData {
  const values = new Array(count).fill(0);
  return packValues(
    'warm-up',
    type,
    type === 'string' ? values.map(() => '') : values,
  );
}

/** The shortest decimal that is the same 32-bit float: 0.1 instead of 0.10000000149011612. */
function shortFloat(value: number): number | null {
  if (!Number.isFinite(value)) return null;
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
    : `${typeof value} ${JSON.stringify(value).slice(0, 40)}`;
}
