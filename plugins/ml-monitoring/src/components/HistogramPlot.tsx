import { useMemo } from 'react';
import type { ColumnDrift } from '@downstage/plugin-ml-monitoring-common';
import { Plot, seriesColors } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { mlMonitoringTranslationRef } from '../translation';

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map(count => (total ? count / total : 0));
}

/** Baseline and window over the same bins, as shares, so that their sizes do not matter. */
export function HistogramPlot(props: { column: ColumnDrift }) {
  const { name, histogram } = props.column;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const option = useMemo(
    () => ({
      legend: {},
      tooltip: {
        trigger: 'axis',
        valueFormatter: (value: unknown) =>
          typeof value === 'number' ? `${(value * 100).toFixed(1)} %` : '',
      },
      grid: { left: 50, right: 20, top: 40, bottom: 70 },
      xAxis: {
        type: 'category',
        data: histogram?.labels ?? [],
        axisLabel: { rotate: 35, hideOverlap: true },
      },
      yAxis: { type: 'value', name: t('histogram.share') },
      series: [
        {
          type: 'bar',
          name: t('histogram.baseline'),
          data: shares(histogram?.baseline ?? []),
          // Filled against hatched: told apart without colour, in both themes.
          itemStyle: {
            color: seriesColors[0],
            opacity: 0.45,
            borderColor: seriesColors[0],
            borderWidth: 1,
          },
        },
        {
          type: 'bar',
          name: t('histogram.window'),
          data: shares(histogram?.window ?? []),
          itemStyle: {
            color: seriesColors[1],
            decal: {
              color: 'rgba(0, 0, 0, 0.35)',
              dashArrayX: [1, 0],
              dashArrayY: [2, 4],
              rotation: Math.PI / 4,
            },
          },
        },
      ],
    }),
    [histogram, t],
  );
  if (!histogram) return <Text>{t('histogram.none')}</Text>;
  return (
    <>
      <Plot option={option} label={t('histogram.label', { name })} />
      <details>
        <summary>{t('histogram.table')}</summary>
        <table>
          <thead>
            <tr>
              {(['bin', 'baseline', 'window'] as const).map(key => (
                <th key={key} scope="col" style={{ textAlign: 'left' }}>
                  {t(`histogram.${key}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {histogram.labels.map((label, index) => (
              <tr key={label}>
                <th scope="row" style={{ textAlign: 'left', paddingRight: 16 }}>
                  {label}
                </th>
                <td style={{ paddingRight: 16 }}>
                  {histogram.baseline[index]}
                </td>
                <td>{histogram.window[index]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
