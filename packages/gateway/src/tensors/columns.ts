import type { Column } from '@downstage/plugin-ml-serving-common';
import { toJsonTexts, type Tensor } from './tensors';

/** Vectors longer than this are answered but not logged: a log of images or embeddings is another tool. */
const longestLoggedVector = 64;

function columnType(info: { type: Tensor['type'] }): Column['type'] {
  if (info.type.startsWith('float')) return 'double';
  if (info.type === 'bool') return 'boolean';
  return info.type === 'string' ? 'string' : 'long';
}

/** How many columns an answer takes in the log per row: 1 for [N] and [N,1], K for [N,K], 0 when it is not logged. */
export function widthOf(dims: readonly number[]): number {
  if (dims.length === 1) return 1;
  if (dims.length !== 2) return 0;
  return dims[1] > longestLoggedVector ? 0 : dims[1];
}

/** The prediction columns of an answer: `label`, `probabilities_0`, `probabilities_1`. */
export function predictionColumns(
  outputs: Iterable<readonly [string, Pick<Tensor, 'type' | 'dims'>]>,
): Column[] {
  return [...outputs].flatMap(([name, tensor]): Column[] => {
    const type = columnType(tensor);
    const width = widthOf(tensor.dims);
    if (width <= 1) return width ? [{ name, type }] : [];
    return Array.from({ length: width }, (_, index) => ({
      name: `${name}_${index}`,
      type,
    }));
  });
}

/**
 * The answer to rows with named columns as JSON text: one object a row; [N,K] outputs are lists.
 *
 * @remarks
 * Integers beyond 2^53 are strings of digits, because browsers read this. Outputs without a value for each row
 * are left out and named.
 */
export function predictionsText(
  outputs: ReadonlyMap<string, Tensor>,
  rows: number,
): { predictions: string; omitted: string[] } {
  const omitted: string[] = [];
  const columns: { key: string; width: number; texts: string[] }[] = [];
  for (const [name, tensor] of outputs) {
    if (tensor.dims[0] !== rows) {
      omitted.push(name);
      continue;
    }
    const big = tensor.type === 'int64' || tensor.type === 'uint64';
    const texts = toJsonTexts(tensor);
    const width = texts.length / rows;
    const scalar =
      tensor.dims.length < 2 || (tensor.dims.length === 2 && width === 1);
    columns.push({
      key: JSON.stringify(name),
      width: scalar ? 0 : width,
      texts: big
        ? texts.map(text =>
            Number.isSafeInteger(Number(text)) ? text : `"${text}"`,
          )
        : texts,
    });
  }
  const items = Array.from({ length: rows }, (_, row) => {
    const fields = columns.map(({ key, width, texts }) =>
      width === 0
        ? `${key}:${texts[row]}`
        : `${key}:[${texts.slice(row * width, (row + 1) * width).join(',')}]`,
    );
    return `{${fields.join(',')}}`;
  });
  return { predictions: `[${items.join(',')}]`, omitted };
}
