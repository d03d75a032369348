import type { Run } from '@downstage/plugin-ml-registry-common';

/** One param or metric over the compared runs; `undefined` where a run has none. */
export type ComparedRow<T> = {
  name: string;
  values: Array<T | undefined>;
  differs: boolean;
  /** Metrics only: the columns with the largest and with the smallest number, when there are two at least. */
  highest?: number;
  lowest?: number;
};

export type Comparison = {
  params: ComparedRow<string>[];
  metrics: ComparedRow<number>[];
};

/** Lays runs side by side. Rows are sorted by name; a value that is missing somewhere counts as a difference. */
export function compareRuns(
  runs: ReadonlyArray<Pick<Run, 'params' | 'metrics'>>,
): Comparison {
  return {
    params: rows(runs.map(run => run.params)),
    metrics: rows(runs.map(run => run.metrics)).map(withExtremes),
  };
}

function rows<T>(columns: Array<Record<string, T>>): ComparedRow<T>[] {
  const names = [...new Set(columns.flatMap(column => Object.keys(column)))];
  return names.sort().map(name => {
    const values = columns.map(column => column[name]);
    return {
      name,
      values,
      differs: values.some(value => !Object.is(value, values[0])),
    };
  });
}

function withExtremes(row: ComparedRow<number>): ComparedRow<number> {
  const numbers = row.values.filter(
    value => value !== undefined && Number.isFinite(value),
  ) as number[];
  if (!row.differs || numbers.length < 2) return row;
  return {
    ...row,
    highest: row.values.indexOf(Math.max(...numbers)),
    lowest: row.values.indexOf(Math.min(...numbers)),
  };
}
