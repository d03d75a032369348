import type { Column } from '@downstage/plugin-ml-serving-common';
import { widthOf } from '../tensors/columns';
import type { Layout } from '../tensors/tabular';
import {
  arrayTypes,
  unpackValues,
  type ElementType,
  type Scalar,
  type Tensor,
} from '../tensors/tensors';

/**
 * One tensor of a logged request as it lies in the payload: the bytes of its array, or JSON when it holds text.
 *
 * @remarks
 * The request's thread copies bytes and no more. Rows and columns are made when the log is rolled, elsewhere.
 */
export type LogPart = {
  role: 'matrix' | 'feature' | 'prediction';
  name: string;
  type: ElementType;
  /** Values per row. */
  width: number;
  bytes: number;
};

/** What of a request and its answer goes into the log. */
export function toPayload(options: {
  features: Column[];
  layout: Layout | undefined;
  inputs: ReadonlyMap<string, Tensor>;
  outputs: ReadonlyMap<string, Tensor>;
  rows: number;
}): { parts: LogPart[]; buffers: Buffer[] } {
  const { features, layout, inputs, outputs, rows } = options;
  const parts: LogPart[] = [];
  const buffers: Buffer[] = [];
  const add = (
    role: LogPart['role'],
    name: string,
    width: number,
    tensor: Tensor,
  ) => {
    const { data, type } = tensor;
    if (data.length !== rows * width) return;
    const bytes = Array.isArray(data)
      ? Buffer.from(JSON.stringify(data))
      : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    parts.push({ role, name, type, width, bytes: bytes.length });
    buffers.push(bytes);
  };
  if (layout) {
    for (const [name, tensor] of inputs) {
      if (layout.kind === 'matrix')
        add('matrix', name, features.length, tensor);
      else add('feature', name, 1, tensor);
    }
  }
  for (const [name, tensor] of outputs) {
    const width = widthOf(tensor.dims);
    if (width && tensor.dims[0] === rows)
      add('prediction', name, width, tensor);
  }
  return { parts, buffers };
}

/** The columns of one logged request, under the names they have in the log. */
export function fromPayload(options: {
  features: Column[];
  parts: readonly LogPart[];
  payload: Buffer;
  rows: number;
}): Map<string, Scalar[]> {
  const { features, parts, payload, rows } = options;
  const types = new Map(features.map(({ name, type }) => [name, type]));
  const columns = new Map<string, Scalar[]>();
  let offset = 0;
  for (const { role, name, type, width, bytes } of parts) {
    const slice = payload.subarray(offset, offset + bytes);
    offset += bytes;
    const values = unpackValues({ type, dims: [], data: dataOf(type, slice) });
    const column = (index: number) =>
      Array.from({ length: rows }, (_, row) => values[row * width + index]);
    for (let index = 0; index < width; index++) {
      if (role === 'prediction') {
        const suffix = width === 1 ? '' : `_${index}`;
        columns.set(`prediction.${name}${suffix}`, column(index));
        continue;
      }
      const feature = role === 'matrix' ? features[index].name : name;
      const wanted = types.get(feature);
      if (!wanted) continue;
      columns.set(
        `feature.${feature}`,
        column(index).map(value => asColumn(wanted, value)),
      );
    }
  }
  return columns;
}

function dataOf(type: ElementType, bytes: Buffer): Tensor['data'] {
  if (type === 'string') return JSON.parse(bytes.toString('utf8'));
  const copy = new Uint8Array(bytes);
  return new arrayTypes[type](copy.buffer);
}

/**
 * A tensor's value as the type its column has in the log. A tensor of floats also carries booleans and integers;
 * what the column cannot hold, such as a fraction among integers, is logged as missing rather than made up.
 */
function asColumn(type: Column['type'], value: Scalar): Scalar {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'boolean':
      return Boolean(Number(value));
    case 'string':
      return String(value);
    case 'long':
      return Number.isInteger(Number(value)) ? value : null;
    default:
      return Number(value);
  }
}
