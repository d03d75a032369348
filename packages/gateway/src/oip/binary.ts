import { BadInput } from '../kernel/BadInput';
import {
  arrayTypes,
  type ElementType,
  type Tensor,
  type TensorData,
} from '../tensors/tensors';

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
  const TypedArray = arrayTypes[type];
  const wanted = count * TypedArray.BYTES_PER_ELEMENT;
  if (blob.length !== wanted) {
    throw new BadInput(
      `${where}: binary_data_size is ${blob.length}, the shape and datatype want ${wanted} bytes`,
    );
  }
  if (type === 'bool') {
    const wrong = blob.findIndex(byte => byte > 1);
    if (wrong !== -1) {
      throw new BadInput(
        `${where}: byte ${wrong} is ${blob[wrong]}, BOOL has 0 and 1`,
      );
    }
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

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readStrings(where: string, count: number, blob: Buffer): string[] {
  const values: string[] = [];
  let offset = 0;
  while (offset + 4 <= blob.length && values.length < count) {
    const end = offset + 4 + blob.readUInt32LE(offset);
    if (end > blob.length) break;
    const bytes = blob.subarray(offset + 4, end);
    if (bytes.includes(0)) {
      throw new BadInput(
        `${where}: string ${values.length} holds a zero byte, at which the runtime would cut it off`,
      );
    }
    try {
      values.push(utf8.decode(bytes));
    } catch {
      throw new BadInput(
        `${where}: string ${values.length} is not UTF-8; models take text, and bytes that are none would be changed`,
      );
    }
    offset = end;
  }
  if (offset !== blob.length || values.length !== count) {
    throw new BadInput(
      `${where}: the blob holds ${values.length} whole strings in ${offset} of ${blob.length} bytes, the shape wants ${count}`,
    );
  }
  return values;
}
