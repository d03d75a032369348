import type { Column } from '@downstage/plugin-ml-serving-common';
import type { Tensor, TensorInfo } from '../inference/tensors';
import { unpackValues } from '../inference/tensors';

/** Vectors longer than this are answered but not logged: a log of images or embeddings is another tool. */
export const longestLoggedVector = 64;

export type Value = number | string | boolean | null;

function columnType(info: { type: Tensor['type'] }): Column['type'] {
  if (info.type.startsWith('float')) return 'double';
  if (info.type === 'bool') return 'boolean';
  return info.type === 'string' ? 'string' : 'long';
}

/** How many columns an answer takes in the log per row: 1 for [N] and [N,1], K for [N,K], 0 when it is not logged. */
function widthOf(dims: number[]): number {
  if (dims.length === 1) return 1;
  if (dims.length !== 2) return 0;
  return dims[1] > longestLoggedVector ? 0 : dims[1];
}

/** The prediction columns of a model: `label`, `probabilities_0`, `probabilities_1`. */
export function predictionColumns(
  outputs: TensorInfo[],
  sample: Record<string, Tensor>,
): Column[] {
  return outputs.flatMap(({ name }): Column[] => {
    const tensor = sample[name];
    const type = columnType(tensor);
    const width = widthOf(tensor.dims);
    if (width <= 1) return width ? [{ name, type }] : [];
    return Array.from({ length: width }, (_, index) => ({
      name: `${name}_${index}`,
      type,
    }));
  });
}

/** One object a row; [N,K] answers are lists. */
export function predictionRows(
  outputs: Record<string, Tensor>,
  rows: number,
): Record<string, Value | Value[]>[] {
  const result: Record<string, Value | Value[]>[] = Array.from(
    { length: rows },
    () => ({}),
  );
  for (const [name, tensor] of Object.entries(outputs)) {
    const values = unpackValues(tensor);
    const width = values.length / Math.max(rows, 1);
    if (!Number.isInteger(width)) continue;
    const scalar =
      tensor.dims.length < 2 || (tensor.dims.length === 2 && width === 1);
    for (let row = 0; row < rows; row++) {
      result[row][name] = scalar
        ? values[row]
        : values.slice(row * width, (row + 1) * width);
    }
  }
  return result;
}

/** The prediction part of log rows, under the names of `predictionColumns`. */
export function loggedPredictions(
  outputs: Record<string, Tensor>,
  rows: number,
): Record<string, Value>[] {
  const result: Record<string, Value>[] = Array.from(
    { length: rows },
    () => ({}),
  );
  for (const [name, tensor] of Object.entries(outputs)) {
    const width = widthOf(tensor.dims);
    if (!width || tensor.dims[0] !== rows) continue;
    const values = unpackValues(tensor);
    for (let row = 0; row < rows; row++) {
      for (let index = 0; index < width; index++) {
        const column = width === 1 ? name : `${name}_${index}`;
        result[row][`prediction.${column}`] = values[row * width + index];
      }
    }
  }
  return result;
}
