import { useEffect, useRef, useState } from 'react';
import type { ECharts, EChartsCoreOption } from 'echarts/core';

/** Colours a plot takes its series from; told apart by lightness too, for eyes that see fewer colours. */
export const seriesColors = [
  '#1f77b4',
  '#e8871e',
  '#2a9d6f',
  '#b5406e',
  '#7b6fd0',
  '#8c8c1f',
  '#17a2b8',
  '#8c564b',
];

/** The same series on a dark ground, where the colours above could hardly be seen. */
const seriesColorsOnDark = [
  '#58a6dd',
  '#f2a65a',
  '#5fcf9f',
  '#e0709c',
  '#9d92ee',
  '#cfcf5a',
  '#5fd0e0',
  '#b98377',
];

type ZoomRange = { startValue?: number; endValue?: number };
type ZoomEvent = ZoomRange & { batch?: ZoomRange[] };

/**
 * A plot by Apache ECharts, which is loaded when the first plot is shown. It takes data, and follows the theme and the
 * size of its box. It has a label for those who cannot see it.
 */
export function Plot(props: {
  option: EChartsCoreOption;
  /** What the plot shows, in one sentence, read out instead of the picture. */
  label: string;
  height?: number;
  onClick?: (event: {
    seriesName?: string;
    name?: string;
    dataIndex: number;
  }) => void;
  /**
   * Makes the bottom axis one that is zoomed by dragging over it, and is told the range that was chosen. The plot zooms
   * nothing by itself. The listener gives the plot the data and the axis of that range. So plots of one page stay
   * together.
   */
  onZoom?: (range: { from: number; to: number }) => void;
  /** Plots of one group show their tooltips together. */
  group?: string;
}) {
  const { option, label, height = 280, onClick, onZoom, group } = props;
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<ECharts>();
  const [theme, setTheme] = useState(0);
  const zoomable = onZoom !== undefined;

  useEffect(() => {
    let disposed = false;
    let created: ECharts | undefined;
    let observer: ResizeObserver | undefined;
    import('./echarts').then(({ connect, init }) => {
      if (disposed || !box.current) return;
      created = init(box.current, undefined, { renderer: 'svg' });
      if (group) {
        created.group = group;
        connect(group);
      }
      observer = new ResizeObserver(() => created?.resize());
      observer.observe(box.current);
      setChart(created);
    });
    return () => {
      disposed = true;
      observer?.disconnect();
      created?.dispose();
    };
  }, [group]);

  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(value => value + 1));
    observer.observe(document.body, {
      attributes: true,
      attributeFilter: ['data-theme-mode', 'data-theme-name', 'class'],
    });
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (!chart || !box.current) return;
    const style = getComputedStyle(box.current);
    const foreground =
      style.getPropertyValue('--bui-fg-primary').trim() ||
      style.color ||
      '#666';
    const faint = style.getPropertyValue('--bui-border-2').trim() || '#8884';
    const line = style.getPropertyValue('--bui-border-1').trim() || faint;
    const background =
      style.getPropertyValue('--bui-bg-neutral-1').trim() || 'transparent';
    const isDark = document.body.dataset.themeMode === 'dark';
    const axis = {
      axisLabel: { color: foreground },
      axisLine: { lineStyle: { color: faint } },
      splitLine: { lineStyle: { color: line } },
      nameTextStyle: { color: foreground },
    };
    const themed = (value: unknown) =>
      [value ?? []].flat().map((item: Partial<typeof axis>) => ({
        ...axis,
        ...item,
        // A formatter or interval of its own must not cost an axis its colour.
        axisLabel: { ...axis.axisLabel, ...item.axisLabel },
      }));
    chart.setOption(
      {
        color: isDark ? seriesColorsOnDark : seriesColors,
        backgroundColor: 'transparent',
        textStyle: { color: foreground, fontFamily: style.fontFamily },
        animation: false,
        ...(zoomable && {
          // Out of sight: the choice of a range is switched on below, and its buttons are not needed.
          toolbox: {
            itemSize: 0,
            feature: { dataZoom: { yAxisIndex: 'none', filterMode: 'none' } },
          },
        }),
        ...option,
        ...(isDark && 'series' in option && { series: onDark(option.series) }),
        tooltip: {
          confine: true,
          backgroundColor: background,
          borderColor: faint,
          textStyle: { color: foreground },
          ...(option.tooltip as object),
        },
        legend: option.legend && {
          type: 'scroll',
          top: 0,
          textStyle: { color: foreground },
          ...(option.legend as object),
        },
        ...('visualMap' in option && {
          visualMap: {
            ...(option.visualMap as object),
            textStyle: { color: foreground },
          },
        }),
        ...('xAxis' in option && { xAxis: themed(option.xAxis) }),
        ...('yAxis' in option && { yAxis: themed(option.yAxis) }),
        ...('parallelAxis' in option && {
          parallelAxis: themed(option.parallelAxis),
        }),
      },
      { notMerge: true },
    );
    if (zoomable) {
      chart.dispatchAction({
        type: 'takeGlobalCursor',
        key: 'dataZoomSelect',
        dataZoomSelectActive: true,
      });
    }
  }, [chart, option, theme, zoomable]);

  useEffect(() => {
    if (!chart || !onZoom) return undefined;
    const listen = (event: ZoomEvent) => {
      const { startValue, endValue } = event.batch?.[0] ?? event;
      if (startValue === undefined || endValue === undefined) return;
      const [from, to] = [startValue, endValue].sort((a, b) => a - b);
      if (from < to) onZoom({ from, to });
    };
    chart.on('datazoom', listen as never);
    return () => {
      chart.off('datazoom', listen as never);
    };
  }, [chart, onZoom]);

  useEffect(() => {
    if (!chart || !onClick) return undefined;
    chart.on('click', onClick as never);
    return () => {
      chart.off('click', onClick as never);
    };
  }, [chart, onClick]);

  return (
    <div
      ref={box}
      role="img"
      aria-label={label}
      style={{ width: '100%', height }}
    />
  );
}

/** Series whose options name one of the colours get its like for a dark ground; their data are left alone. */
function onDark(value: unknown): unknown {
  if (typeof value === 'string') {
    return seriesColorsOnDark[seriesColors.indexOf(value)] ?? value;
  }
  if (Array.isArray(value)) return value.map(onDark);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'data' ? item : onDark(item),
    ]),
  );
}
