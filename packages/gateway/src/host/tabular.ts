import { InputError } from '@backstage/errors';
import type { Cell, Column } from '@downstage/plugin-ml-serving-common';
import {
  hasNaN,
  packValues,
  unpackValues,
  type Tensor,
  type TensorInfo,
} from '../inference/tensors';
import type { Value } from './columns';

export type Row = Record<string, Cell>;

/** How the columns of a table meet the inputs of a model. */
export type Layout =
  | { kind: 'matrix'; input: TensorInfo }
  | { kind: 'columns'; inputs: Map<string, TensorInfo> };

/**
 * Finds out how named columns become tensors: one matrix [N, F] in the order of the features,
 * or one input per feature, by name.
 */
export function layoutOf(
  features: Column[],
  inputs: TensorInfo[],
): Layout | undefined {
  if (!features.length) return undefined;
  const byName = new Map(inputs.map(input => [input.name, input]));
  if (
    inputs.length === features.length &&
    features.every(feature => byName.has(feature.name))
  ) {
    return { kind: 'columns', inputs: byName };
  }
  const [input] = inputs;
  const width = input?.shape[1];
  if (
    inputs.length === 1 &&
    input.shape.length === 2 &&
    (width === -1 || width === features.length)
  ) {
    return { kind: 'matrix', input };
  }
  return undefined;
}

/**
 * Turns rows by name into the model's tensors.
 *
 * @throws InputError naming every missing and unknown column, or the first value of a wrong type
 */
export function rowsToTensors(options: {
  features: Column[];
  layout: Layout;
  rows: Row[];
}): Record<string, Tensor> {
  const { features, layout, rows } = options;
  checkColumns(features, rows);
  const column = (feature: Column, type: Tensor['type']) =>
    rows.map((row, index) => cell(row[feature.name], feature, type, index));
  if (layout.kind === 'columns') {
    return Object.fromEntries(
      features.map(feature => {
        const info = layout.inputs.get(feature.name) as TensorInfo;
        const dims = info.shape.length === 1 ? [rows.length] : [rows.length, 1];
        const data = packValues(
          `Column '${feature.name}'`,
          info.type,
          column(feature, info.type),
        );
        return [feature.name, { type: info.type, dims, data }];
      }),
    );
  }
  const { name, type } = layout.input;
  const columns = features.map(feature => column(feature, type));
  const values = rows.flatMap((_, row) => columns.map(list => list[row]));
  const dims = [rows.length, features.length];
  return {
    [name]: { type, dims, data: packValues(`Input '${name}'`, type, values) },
  };
}

function checkColumns(features: Column[], rows: Row[]) {
  const known = new Set(features.map(feature => feature.name));
  rows.forEach((row, index) => {
    const missing = features.filter(
      feature => !Object.hasOwn(row, feature.name),
    );
    const unknown = Object.keys(row).filter(name => !known.has(name));
    if (!missing.length && !unknown.length) return;
    const list = (names: string[]) =>
      names.slice(0, 10).join(', ') + (names.length > 10 ? ', …' : '');
    throw new InputError(
      `Row ${index}: ${[
        missing.length &&
          `missing columns ${list(missing.map(feature => feature.name))}`,
        unknown.length && `unknown columns ${list(unknown)}`,
      ]
        .filter(Boolean)
        .join('; ')} (wanted: ${list([...known])})`,
    );
  });
}

function cell(
  value: Cell,
  feature: Column,
  type: Tensor['type'],
  row: number,
): Cell {
  const refuse = (wanted: string): never => {
    throw new InputError(
      `Row ${row}, column '${feature.name}': found ${JSON.stringify(
        value,
      )}, wanted ${wanted}`,
    );
  };
  if (value === null) {
    return hasNaN(type)
      ? null
      : refuse(`a value, this model takes no missing ${feature.type}`);
  }
  switch (feature.type) {
    case 'double':
      return typeof value === 'number' ? value : refuse('a number');
    case 'long':
      return Number.isSafeInteger(value) ? value : refuse('an integer');
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse('true or false');
    default:
      return typeof value === 'string' ? value : refuse('a string');
  }
}

/** The feature part of log rows, read back from what the model was given, however it was asked. */
export function loggedFeatures(options: {
  features: Column[];
  layout: Layout | undefined;
  inputs: Record<string, Tensor>;
  rows: number;
}): Record<string, Value>[] {
  const { features, layout, inputs, rows } = options;
  const result: Record<string, Value>[] = Array.from(
    { length: rows },
    () => ({}),
  );
  if (!layout) return result;
  const matrix =
    layout.kind === 'matrix' && unpackValues(inputs[layout.input.name]);
  if (matrix && matrix.length !== rows * features.length) return result;
  features.forEach((feature, index) => {
    const values = matrix ? undefined : unpackValues(inputs[feature.name]);
    for (let row = 0; row < rows; row++) {
      result[row][`feature.${feature.name}`] = asColumn(
        feature.type,
        matrix ? matrix[row * features.length + index] : values?.[row] ?? null,
      );
    }
  });
  return result;
}

/**
 * A tensor's value as the type its column has in the log. A tensor of floats also carries booleans and integers;
 * what the column cannot hold, such as a fraction among integers, is logged as missing rather than made up.
 */
function asColumn(type: Column['type'], value: Value): Value {
  if (value === null) return null;
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
