import type { RunSort } from '@downstage/plugin-ml-registry-common';
import { byMetricName } from '../../shared/domain/orderMetrics';

/** Columns every run has; the others are `metrics.<name>`, `params.<name>` and `tags.<name>`. */
export const attributeColumns = [
  'status',
  'experiment',
  'started',
  'duration',
  'user',
  'job',
  'datasets',
  'runId',
] as const;
export type AttributeColumn = (typeof attributeColumns)[number];

const sortable: readonly RunSort[] = [
  'started',
  'name',
  'status',
  'duration',
  'user',
  'experiment',
  'job',
];

/** What is shown when nobody has chosen: what says most about a run, with the metrics and params found. */
export function defaultColumns(fields: {
  metrics: readonly string[];
  params: readonly string[];
}): string[] {
  const metrics = fields.metrics
    .filter(name => !name.startsWith('system/'))
    .sort(byMetricName)
    .slice(0, 3);
  return [
    'status',
    'started',
    'duration',
    ...metrics.map(name => `metrics.${name}`),
    ...fields.params.slice(0, 3).map(name => `params.${name}`),
    'user',
  ];
}

export function isAttribute(column: string): column is AttributeColumn {
  return attributeColumns.some(attribute => attribute === column);
}

/** Whether the server can order by the column. */
export function isSortable(column: string): boolean {
  return (
    /^(metrics|params|tags)\../s.test(column) ||
    sortable.some(attribute => attribute === column)
  );
}

/** The columns whose values have to be asked for. */
export function valueColumns(columns: readonly string[]): string[] {
  return columns.filter(column => /^(metrics|params|tags)\../s.test(column));
}

/** `metrics.auc` as kind and name. */
export function splitColumn(column: string): { kind: string; name: string } {
  const dot = column.indexOf('.');
  return { kind: column.slice(0, dot), name: column.slice(dot + 1) };
}

/** In groups there is room for a mean with the least and the greatest. */
export function columnWidth(column: string, grouped = false): number {
  const width = plainWidth(column);
  if (!grouped) return width;
  if (column === 'duration') return 290;
  return column.startsWith('metrics.') ? Math.max(width, 240) : width;
}

function plainWidth(column: string): number {
  const widths: Partial<Record<AttributeColumn, number>> = {
    experiment: 180,
    started: 135,
    user: 150,
    datasets: 220,
    runId: 290,
    job: 170,
  };
  if (isAttribute(column)) return widths[column] ?? 120;
  const { kind, name } = splitColumn(column);
  return Math.max(kind === 'tags' ? 150 : 110, Math.min(280, widthOf(name)));
}

/** Pixels that a bold name takes in the head, with the space around it and the arrow of the order. */
function widthOf(name: string): number {
  return name.length * 9 + 38;
}
