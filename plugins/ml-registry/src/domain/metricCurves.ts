import type { EChartsOption } from './chart';
import type { MetricPoint } from '@downstage/plugin-ml-registry-common';

export type Curve = { name: string; points: readonly MetricPoint[] };

/** What the bottom axis says: the step, the clock, or the time since the first point of each curve. */
export type CurveAxis = 'step' | 'time' | 'relative';

/**
 * The plot of one metric over one or more runs. Lines differ by dash and marker too, not only by colour.
 * On a logarithmic scale what is not above zero cannot be drawn and is left out; {@link countNotPositive} says how many.
 */
export function metricCurves(options: {
  curves: readonly Curve[];
  axis: CurveAxis;
  logarithmic: boolean;
  xLabel: string;
}): EChartsOption {
  const { curves, axis, logarithmic, xLabel } = options;
  return {
    grid: { left: 64, right: 24, top: curves.length > 1 ? 40 : 16, bottom: 44 },
    tooltip: { trigger: 'axis' },
    ...(curves.length > 1 && { legend: { top: 0 } }),
    xAxis: {
      type: axis === 'time' ? 'time' : 'value',
      name: xLabel,
      nameLocation: 'middle',
      nameGap: 26,
      ...(axis === 'step' && { minInterval: 1 }),
    },
    yAxis: { type: logarithmic ? 'log' : 'value', scale: true },
    series: curves.map((curve, index) => ({
      type: 'line',
      name: curve.name,
      symbol: ['circle', 'triangle', 'rect', 'diamond'][index % 4],
      symbolSize: 6,
      showSymbol: curve.points.length < 60,
      lineStyle: { width: 2, type: ['solid', 'dashed', 'dotted'][index % 3] },
      data: toPairs(curve.points, axis).filter(
        ([, y]) => !logarithmic || y > 0,
      ),
    })),
  };
}

/** How many points a logarithmic scale cannot show. */
export function countNotPositive(curves: readonly Curve[]): number {
  return curves
    .flatMap(curve => curve.points)
    .filter(point => point.value !== null && point.value <= 0).length;
}

function toPairs(
  points: readonly MetricPoint[],
  axis: CurveAxis,
): Array<[number, number]> {
  const at = (point: MetricPoint) => Date.parse(point.at);
  const start = Math.min(...points.map(at));
  const x = (point: MetricPoint) => {
    if (axis === 'step') return point.step;
    return axis === 'time' ? at(point) : (at(point) - start) / 1000;
  };
  return points
    .flatMap(
      (point): Array<[number, number]> =>
        point.value === null ? [] : [[x(point), point.value]],
    )
    .sort(([a], [b]) => a - b);
}
