import type { EChartsOption } from '../../shared/domain/chart';
import { compareRuns } from './compareRuns';
import type { Run } from '@downstage/plugin-ml-registry-common';

/**
 * The plot in which every run is a line through its params and metrics. Axes are what differs, params first;
 * words become categories. A run that lacks a value has a gap there. `undefined` when fewer than two axes differ.
 */
export function parallelCoordinates(
  runs: ReadonlyArray<Pick<Run, 'name' | 'params' | 'metrics'>>,
): EChartsOption | undefined {
  const { params, metrics } = compareRuns(runs);
  const rows = [
    ...params
      .filter(row => row.differs)
      .map(row => ({ name: row.name, values: row.values.map(asNumber) })),
    ...metrics.filter(row => row.differs),
  ].slice(0, 14);
  if (rows.length < 2) return undefined;

  // Beyond that a legend fills the plot, and lines must let others through.
  const isFew = runs.length <= 20;
  return {
    parallel: { left: 60, right: 90, top: 60, bottom: 24 },
    parallelAxis: rows.map((row, dim) => ({
      dim,
      name: row.name,
      ...(row.values.some(value => typeof value === 'string')
        ? {
            type: 'category' as const,
            data: [...new Set(row.values.map(asText))].filter(
              value => value !== '-',
            ),
          }
        : { type: 'value' as const, scale: true }),
    })),
    ...(isFew && { legend: { top: 0 } }),
    series: runs.map((run, index) => ({
      type: 'parallel' as const,
      name: run.name,
      lineStyle: {
        width: isFew ? 3 : 1.5,
        opacity: isFew ? 0.9 : 0.45,
        type: (['solid', 'dashed', 'dotted'] as const)[index % 3],
      },
      data: [
        rows.map(row => {
          const value = row.values[index];
          if (value === undefined) return '-';
          return row.values.some(other => typeof other === 'string')
            ? String(value)
            : value;
        }),
      ],
    })),
  };
}

function asNumber(text: string | undefined): string | number | undefined {
  if (text === undefined || text.trim() === '') return text;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function asText(value: string | number | undefined): string {
  return value === undefined ? '-' : String(value);
}
