import { useMemo } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import {
  metricColumns,
  nameOf,
  numberOf,
  numericColumns,
} from './domain/columns';
import { useChoice } from '../shared/hooks/useChoice';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ColumnSelect } from './ColumnSelect';

/** One point a run, by any two params or metrics. */
export function ScatterPlot(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const options = useMemo(() => numericColumns(runs), [runs]);
  const [x, setX] = useChoice('x', options);
  const [y, setY] = useChoice(
    'y',
    options,
    metricColumns(runs).find(column => options.includes(column)),
  );
  const points = useMemo(
    () =>
      runs.flatMap(run => {
        const across = x && numberOf(run, x);
        const up = y && numberOf(run, y);
        return typeof across === 'number' && typeof up === 'number'
          ? [{ name: run.name, value: [across, up] }]
          : [];
      }),
    [runs, x, y],
  );
  const option = useMemo(
    () => ({
      grid: { left: 72, right: 24, top: 20, bottom: 52 },
      tooltip: { trigger: 'item' as const },
      xAxis: {
        type: 'value' as const,
        scale: true,
        name: x && nameOf(x),
        nameLocation: 'middle' as const,
        nameGap: 30,
      },
      yAxis: { type: 'value' as const, scale: true, name: y && nameOf(y) },
      series: [{ type: 'scatter' as const, symbolSize: 10, data: points }],
    }),
    [points, x, y],
  );
  return (
    <Flex direction="column" gap="4">
      <Flex gap="4" style={{ flexWrap: 'wrap' }}>
        <ColumnSelect
          label={t('compareRuns.x')}
          options={options}
          value={x}
          onChange={setX}
        />
        <ColumnSelect
          label={t('compareRuns.y')}
          options={options}
          value={y}
          onChange={setY}
        />
      </Flex>
      {x === undefined || y === undefined || points.length < 2 ? (
        <Text color="secondary">{t('compareRuns.nothing')}</Text>
      ) : (
        <Plot
          option={option}
          height={420}
          label={t('compareRuns.scatterLabel', {
            x: nameOf(x),
            y: nameOf(y),
            all: String(points.length),
          })}
        />
      )}
    </Flex>
  );
}
