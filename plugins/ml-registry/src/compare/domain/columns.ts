import type { Run } from '@downstage/plugin-ml-registry-common';

export type Compared = Pick<Run, 'runId' | 'name' | 'params' | 'metrics'>;

/** A param or a metric, as `params.lr` or `metrics.auc`. */
export type CompareColumn = string;

/** Params and metrics that are numbers in two runs at least, params first. */
export function numericColumns(runs: readonly Compared[]): CompareColumn[] {
  return allColumns(runs).filter(
    column =>
      runs.filter(run => numberOf(run, column) !== undefined).length >= 2,
  );
}

/** Params in which runs differ. */
export function varyingParams(runs: readonly Compared[]): CompareColumn[] {
  return allColumns(runs).filter(
    column =>
      column.startsWith('params.') &&
      new Set(runs.map(run => textOf(run, column))).size > 1,
  );
}

/** Metrics that vary first: what is worth explaining. */
export function metricColumns(runs: readonly Compared[]): CompareColumn[] {
  const metrics = allColumns(runs).filter(
    column =>
      column.startsWith('metrics.') && !column.startsWith('metrics.system/'),
  );
  const varies = (column: string) =>
    new Set(runs.map(run => numberOf(run, column))).size > 1;
  return [
    ...metrics.filter(varies),
    ...metrics.filter(column => !varies(column)),
  ];
}

function allColumns(runs: readonly Compared[]): CompareColumn[] {
  const names = (kind: 'params' | 'metrics') =>
    [...new Set(runs.flatMap(run => Object.keys(run[kind])))]
      .sort()
      .map(name => `${kind}.${name}`);
  return [...names('params'), ...names('metrics')];
}

export function textOf(run: Compared, column: CompareColumn) {
  return column.startsWith('params.')
    ? run.params[column.slice('params.'.length)]
    : run.metrics[column.slice('metrics.'.length)]?.toString();
}

export function numberOf(
  run: Compared,
  column: CompareColumn,
): number | undefined {
  const text = textOf(run, column);
  if (text === undefined || text.trim() === '') return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** The name without its kind. */
export function nameOf(column: CompareColumn): string {
  return column.slice(column.indexOf('.') + 1);
}
