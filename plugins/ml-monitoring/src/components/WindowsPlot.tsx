import { useCallback, useMemo } from 'react';
import type { WindowSummary } from '@downstage/plugin-ml-monitoring-common';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlMonitoringTranslationRef } from '../translation';

/** Told apart by shape, so that colour is not the only sign. */
const symbols: Record<WindowSummary['status'], string> = {
  ok: 'circle',
  warning: 'triangle',
  drift: 'diamond',
  insufficient_data: 'emptyCircle',
  no_data: 'emptyCircle',
  unknown: 'emptyCircle',
};

/** The largest PSI of each window over time, with both limits. A click chooses the window. */
export function WindowsPlot(props: {
  windows: readonly WindowSummary[];
  limits: { warning: number; drift: number };
  chosen?: string;
  onChoose: (id: string) => void;
}) {
  const { windows, limits, chosen, onChoose } = props;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const drawn = useMemo(
    () =>
      windows
        .filter(window => window.maxPsi !== undefined)
        .slice()
        .reverse(),
    [windows],
  );
  const option = useMemo(
    () => ({
      tooltip: { trigger: 'item' },
      grid: { left: 50, right: 95, top: 30, bottom: 30 },
      // Windows that close together are not told apart by fractions of a second.
      xAxis: {
        type: 'time',
        minInterval: 60_000,
        axisLabel: { hideOverlap: true },
        ...spanOf(drawn),
      },
      yAxis: { type: 'value', name: 'PSI', min: 0 },
      series: [
        {
          type: 'line',
          name: t('windows.psi'),
          data: drawn.map(window => ({
            name: window.maxColumn,
            value: [window.createdAt, Number(window.maxPsi?.toFixed(4))],
            symbol: symbols[window.status],
            symbolSize: window.id === chosen ? 16 : 9,
          })),
          markLine: {
            silent: true,
            symbol: 'none',
            data: [
              {
                yAxis: limits.warning,
                name: t('windows.warning'),
                lineStyle: { type: 'dashed', color: '#e8871e' },
              },
              {
                yAxis: limits.drift,
                name: t('windows.drift'),
                lineStyle: { type: 'solid', color: '#e5484d' },
              },
            ],
            label: { formatter: '{b} {c}', color: 'inherit', distance: 14 },
          },
        },
      ],
    }),
    [drawn, chosen, limits.warning, limits.drift, t],
  );
  const click = useCallback(
    ({ dataIndex }: { dataIndex: number }) => {
      const window = drawn[dataIndex];
      if (window) onChoose(window.id);
    },
    [drawn, onChoose],
  );
  return (
    <Plot
      option={option}
      height={220}
      onClick={click}
      label={t('windows.plot', {
        warning: String(limits.warning),
        drift: String(limits.drift),
      })}
    />
  );
}

const leastSpan = 10 * 60_000;

/** At least ten minutes of time, so that the first windows do not fill the plot from edge to edge. */
function spanOf(windows: readonly WindowSummary[]) {
  const times = windows.map(({ createdAt }) => Date.parse(createdAt));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const missing = leastSpan - (last - first);
  return missing > 0
    ? { min: first - missing / 2, max: last + missing / 2 }
    : {};
}
