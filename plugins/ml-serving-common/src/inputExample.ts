/** MLflow writes these beside a model that was logged with an input example; the first says more. */
export const inputExampleFiles = [
  'serving_input_example.json',
  'input_example.json',
] as const;

/** The rows of an input example, or why it has none that can be used. */
export type ExampleRows =
  | { rows: Record<string, unknown>[] }
  | { refusal: string };

/**
 * The rows of an input example as MLflow writes it: frames split or by record. `undefined` where it has no columns,
 * as tensors have none.
 *
 * @remarks
 * One row that is no row refuses the whole example: what is left would pass for all of it.
 *
 * @example
 * ```ts
 * rowsOfExample({ dataframe_split: { columns: ['radius'], data: [[14.1]] } }); // { rows: [{ radius: 14.1 }] }
 * rowsOfExample({ dataframe_records: [null] }); // { refusal: 'Row 1 of the input example is null, not an object' }
 * ```
 */
export function rowsOfExample(example: unknown): ExampleRows | undefined {
  if (!isObject(example)) return undefined;
  const split = isObject(example.dataframe_split)
    ? example.dataframe_split
    : example;
  const { columns, data } = split;
  if (Array.isArray(columns) && Array.isArray(data)) {
    return splitRows(columns.map(String), data);
  }
  const records: unknown = example.dataframe_records;
  return Array.isArray(records) ? recordRows(records) : undefined;
}

function splitRows(columns: string[], data: unknown[]): ExampleRows {
  const rows: Record<string, unknown>[] = [];
  for (const values of data) {
    const here = `Row ${rows.length + 1} of the input example`;
    if (!Array.isArray(values)) {
      return { refusal: `${here} is ${kindOf(values)}, not a list of values` };
    }
    if (values.length !== columns.length) {
      return {
        refusal: `${here} has ${values.length} values for ${columns.length} columns`,
      };
    }
    rows.push(
      Object.fromEntries(columns.map((name, index) => [name, values[index]])),
    );
  }
  return { rows };
}

function recordRows(records: unknown[]): ExampleRows {
  const at = records.findIndex(record => !isObject(record));
  if (at < 0) return { rows: records.filter(isObject) };
  return {
    refusal: `Row ${at + 1} of the input example is ${kindOf(
      records[at],
    )}, not an object`,
  };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
