import type { MetricSeries } from '@downstage/plugin-ml-registry-common';
import { seriesColors } from '@downstage/react';
import type { EChartsOption } from '../shared/domain/chart';
import type { SeriesView } from './seriesView';
import { smooth } from './smooth';

/** A curve under the name it has in the legend. */
export type NamedSeries = { name: string; series: MetricSeries };

/**
 * The chart of one metric over one or more runs. A smoothed curve stands before its own values, drawn faintly. Lines
 * differ by dash too, not only by colour.
 */
export function seriesOption(options: {
  curves: readonly NamedSeries[];
  view: SeriesView;
  xLabel: string;
}): EChartsOption {
  const { curves, view, xLabel } = options;
  const { axis, logarithmic, smoothing, zoom } = view;
  // The server counts milliseconds; people read seconds.
  const unit = axis === 'relative' ? 1000 : 1;
  const dashes = ['solid', 'dashed', 'dotted'] as const;
  return {
    grid: {
      left: 64,
      right: 20,
      top: curves.length > 1 ? 40 : 16,
      bottom: 44,
    },
    tooltip: { trigger: 'axis' },
    ...(curves.length > 1 && {
      legend: { top: 0, data: curves.map(({ name }) => name) },
    }),
    xAxis: {
      type: axis === 'time' ? 'time' : 'value',
      scale: true,
      name: xLabel,
      nameLocation: 'middle',
      nameGap: 26,
      ...(axis === 'step' && { minInterval: 1 }),
      ...(zoom && { min: zoom.from / unit, max: zoom.to / unit }),
    },
    yAxis: { type: logarithmic ? 'log' : 'value', scale: true },
    series: curves.flatMap(({ name, series }, index) => {
      const pairs = (values: readonly number[]) =>
        series.x.flatMap(
          (x, at): Array<[number, number]> =>
            logarithmic && values[at] <= 0 ? [] : [[x / unit, values[at]]],
        );
      const color = seriesColors[index % seriesColors.length];
      const line = {
        type: 'line' as const,
        name,
        showSymbol: series.x.length < 40,
        symbolSize: 5,
        itemStyle: { color },
        lineStyle: {
          color,
          width: 2,
          type: dashes[Math.floor(index / 8) % 3],
        },
      };
      if (!smoothing) return [{ ...line, data: pairs(series.values) }];
      return [
        {
          ...line,
          showSymbol: false,
          data: pairs(smooth(series.values, smoothing)),
        },
        {
          ...line,
          name: `${name} `,
          showSymbol: false,
          silent: true,
          itemStyle: { color },
          lineStyle: { width: 1, opacity: 0.3, color },
          tooltip: { show: false },
          data: pairs(series.values),
        },
      ];
    }),
  };
}

/** How many points a logarithmic scale cannot show. */
export function countNotPositive(curves: readonly NamedSeries[]): number {
  return curves.reduce(
    (sum, { series }) => sum + series.values.filter(value => value <= 0).length,
    0,
  );
}
