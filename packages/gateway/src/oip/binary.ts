import { InputError } from '@backstage/errors';
import type { ElementType, Tensor, TensorData } from '../inference/tensors';

const arrays = {
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

/**
 * Reads the blob of one tensor in the binary tensor data extension: little endian, no padding;
 * strings have a length of four bytes before each.
 */
export function readBlob(
  where: string,
  type: ElementType,
  count: number,
  blob: Buffer,
): TensorData {
  if (type === 'string') return readStrings(where, count, blob);
  const TypedArray = arrays[type];
  const wanted = count * TypedArray.BYTES_PER_ELEMENT;
  if (blob.length !== wanted) {
    throw new InputError(
      `${where}: binary_data_size is ${blob.length}, the shape and datatype want ${wanted} bytes`,
    );
  }
  // A copy: the blob rarely starts at an address the array could begin at.
  const copy = new Uint8Array(blob.length);
  copy.set(blob);
  return new TypedArray(copy.buffer);
}

/** The bytes of a tensor as an answer's blob. */
export function writeBlob(tensor: Tensor): Buffer {
  const { data } = tensor;
  if (!Array.isArray(data)) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }
  return Buffer.concat(
    data.flatMap(value => {
      const bytes = Buffer.from(value, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

function readStrings(where: string, count: number, blob: Buffer): string[] {
  const values: string[] = [];
  let offset = 0;
  while (offset + 4 <= blob.length && values.length < count) {
    const end = offset + 4 + blob.readUInt32LE(offset);
    if (end > blob.length) break;
    values.push(blob.toString('utf8', offset + 4, end));
    offset = end;
  }
  if (offset !== blob.length || values.length !== count) {
    throw new InputError(
      `${where}: the blob holds ${values.length} whole strings in ${offset} of ${blob.length} bytes, the shape wants ${count}`,
    );
  }
  return values;
}
