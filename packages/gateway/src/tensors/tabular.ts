import type { Cell, Column } from '@downstage/plugin-ml-serving-common';
import { BadInput } from '../kernel/BadInput';
import { hasNaN, packValues, type Tensor, type TensorInfo } from './tensors';
import { parseJson } from '../kernel/json';
import { shortList } from '../kernel/shortList';

export type Row = Record<string, Cell>;

const mostRows = 10_000;

/** Reads the body of a request with named columns. */
export function readRows(body: Buffer): Row[] {
  const json = parseJson(body);
  const rows =
    typeof json === 'object' && json !== null && 'rows' in json
      ? json.rows
      : undefined;
  if (!Array.isArray(rows) || !rows.length || rows.length > mostRows) {
    throw new BadInput(
      `Invalid request: wanted {"rows": [...]} with 1 to ${mostRows} objects`,
    );
  }
  rows.forEach((row, index) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new BadInput(`Invalid request: row ${index} is no object`);
    }
  });
  return rows;
}

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
 * @throws BadInput naming every missing and unknown column, or the first value of a wrong type
 */
export function rowsToTensors(options: {
  features: Column[];
  layout: Layout;
  /** Of any values: each is checked. */
  rows: Record<string, unknown>[];
}): Map<string, Tensor> {
  const { features, layout, rows } = options;
  checkColumns(features, rows);
  const column = (feature: Column, type: Tensor['type']) =>
    rows.map((row, index) => cell(row[feature.name], feature, type, index));
  if (layout.kind === 'columns') {
    return new Map(
      features.map((feature): [string, Tensor] => {
        const info = layout.inputs.get(feature.name) as TensorInfo;
        const dims = info.shape.length === 1 ? [rows.length] : [rows.length, 1];
        const data = packValues(
          `Column '${feature.name}'`,
          info.type,
          column(feature, info.type),
          { booleans: true },
        );
        return [feature.name, { type: info.type, dims, data }];
      }),
    );
  }
  const { name, type } = layout.input;
  const columns = features.map(feature => column(feature, type));
  const values = rows.flatMap((_, row) => columns.map(list => list[row]));
  const dims = [rows.length, features.length];
  const data = packValues(`Input '${name}'`, type, values, { booleans: true });
  return new Map([[name, { type, dims, data }]]);
}

function checkColumns(features: Column[], rows: Record<string, unknown>[]) {
  const known = new Set(features.map(feature => feature.name));
  rows.forEach((row, index) => {
    const missing = features.filter(
      feature => !Object.hasOwn(row, feature.name),
    );
    const unknown = Object.keys(row).filter(name => !known.has(name));
    if (!missing.length && !unknown.length) return;
    const list = shortList;
    throw new BadInput(
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
  value: unknown,
  feature: Column,
  type: Tensor['type'],
  row: number,
): Cell {
  const refuse = (wanted: string): never => {
    throw new BadInput(
      `Row ${row}, column '${feature.name}': found ${
        typeof value === 'object' && value !== null
          ? 'an object or array'
          : JSON.stringify(value).slice(0, 80)
      }, wanted ${wanted}`,
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
      return typeof value === 'number' && Number.isSafeInteger(value)
        ? value
        : refuse('an integer');
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse('true or false');
    default:
      return typeof value === 'string' ? value : refuse('a string');
  }
}
