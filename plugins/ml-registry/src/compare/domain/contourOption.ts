import type { EChartsOption } from '../../shared/domain/chart';
import type { Known, Surface } from './contour';

/** Colours told apart by lightness too: dark is little, light is much (viridis). */
const colors = ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'];

/** A surface as coloured cells in ten levels, with the runs it is made from as points. */
export function contourOption(options: {
  surface: Surface;
  points: ReadonlyArray<Known & { name: string }>;
  xName: string;
  yName: string;
  format: (value: number) => string;
}): EChartsOption {
  const { surface, points, xName, yName, format } = options;
  const { xs, ys, values } = surface;
  const all = values.flat();
  const tick = (value: number) => format(Number(value.toPrecision(2)));
  const place = (value: number, axis: readonly number[]) =>
    ((value - axis[0]) / (axis[axis.length - 1] - axis[0])) * (axis.length - 1);
  return {
    grid: { left: 80, right: 190, top: 36, bottom: 56 },
    tooltip: {
      trigger: 'item',
      formatter: (item: { seriesType?: string; dataIndex: number }) => {
        // Names come from anybody's job; only figures go into the tooltip's HTML.
        const point = points[item.dataIndex];
        if (item.seriesType === 'scatter' && point) {
          return `${format(point.x)}, ${format(point.y)}: ${format(
            point.value,
          )}`;
        }
        const row = Math.floor(item.dataIndex / xs.length);
        const column = item.dataIndex % xs.length;
        return `${format(xs[column])}, ${format(ys[row])}: ${format(
          values[row][column],
        )}`;
      },
    },
    xAxis: [
      {
        type: 'category',
        data: xs.map(tick),
        name: xName,
        nameLocation: 'middle',
        nameGap: 32,
        axisLabel: { interval: 4, hideOverlap: true },
      },
      { type: 'value', min: 0, max: xs.length - 1, show: false },
    ],
    yAxis: [
      {
        type: 'category',
        data: ys.map(tick),
        name: yName,
        axisLabel: { interval: 4 },
      },
      { type: 'value', min: 0, max: ys.length - 1, show: false },
    ],
    visualMap: {
      type: 'piecewise',
      splitNumber: 10,
      min: Math.min(...all),
      max: Math.max(...all),
      precision: 4,
      right: 0,
      top: 'middle',
      seriesIndex: 0,
      inRange: { color: colors },
    },
    series: [
      {
        type: 'heatmap',
        data: values.flatMap((line, row) =>
          line.map((value, column) => [column, row, value]),
        ),
      },
      {
        type: 'scatter',
        xAxisIndex: 1,
        yAxisIndex: 1,
        symbolSize: 7,
        itemStyle: { color: '#fff', borderColor: '#000', borderWidth: 1 },
        data: points.map(({ x, y }) => [place(x, xs), place(y, ys)]),
      },
    ],
  };
}
