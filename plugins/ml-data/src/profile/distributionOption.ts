import type { ColumnProfile } from '@downstage/plugin-ml-data-common';
import { formatNumber } from '@downstage/react';

/** Keys and free text: every value occurs once, and bars of one length would say nothing. */
export function allDiffer({ count, distinct }: ColumnProfile): boolean {
  return count > 1 && distinct === count;
}

/**
 * The plot of a column: bars over bins, or over the most frequent values; `undefined` when it has neither.
 *
 * @param options - `isSmall` for a cell of a table: its axes have no labels, which would lie over each other
 */
export function distributionOption(
  column: ColumnProfile,
  options: { isSmall?: boolean } = {},
) {
  const { isSmall = false } = options;
  const { histogram, topValues } = column;
  if (histogram?.counts.length) {
    const { edges, counts } = histogram;
    const names = counts.map(
      (_, i) => `${formatNumber(edges[i])} – ${formatNumber(edges[i + 1])}`,
    );
    return {
      grid: isSmall
        ? { left: 0, right: 0, top: 4, bottom: 4 }
        : { left: 48, right: 8, top: 8, bottom: 24 },
      tooltip: { trigger: 'axis' },
      xAxis: {
        type: 'category',
        data: names,
        axisLabel: {
          show: !isSmall,
          interval: Math.max(0, Math.ceil(counts.length / 4) - 1),
          formatter: (name: string) => name.split(' – ')[0],
        },
      },
      yAxis: {
        type: 'value',
        splitNumber: 2,
        axisLabel: { show: !isSmall },
        splitLine: { show: !isSmall },
      },
      series: [
        { type: 'bar', name: column.name, data: counts, barCategoryGap: '4%' },
      ],
    };
  }
  if (topValues?.length && !allDiffer(column)) {
    const values = [...topValues].reverse();
    return {
      grid: isSmall
        ? { left: 0, right: 0, top: 4, bottom: 4 }
        : { left: 8, right: 24, top: 8, bottom: 24, containLabel: true },
      tooltip: { trigger: 'axis' },
      xAxis: {
        type: 'value',
        splitNumber: 3,
        minInterval: 1,
        axisLabel: { show: !isSmall },
        splitLine: { show: !isSmall },
      },
      yAxis: {
        type: 'category',
        axisLabel: { show: !isSmall },
        data: values.map(({ value }) =>
          value.length > 24 ? `${value.slice(0, 23)}…` : value,
        ),
      },
      series: [
        {
          type: 'bar',
          name: column.name,
          data: values.map(({ count }) => count),
        },
      ],
    };
  }
  return undefined;
}
