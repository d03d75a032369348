import { useMemo } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import {
  metricColumns,
  nameOf,
  numberOf,
  textOf,
  varyingParams,
} from './domain/columns';
import { quartiles } from './domain/quartiles';
import { useChoice } from '../shared/hooks/useChoice';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ColumnSelect } from './ColumnSelect';

/** More boxes than that cannot be read. */
const MOST = 40;

/** How a metric spreads among runs with the same value of a param. */
export function BoxPlot(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const metrics = useMemo(() => metricColumns(runs), [runs]);
  const params = useMemo(() => varyingParams(runs), [runs]);
  const [metric, setMetric] = useChoice('metric', metrics);
  const [param, setParam] = useChoice('param', params, fewest(runs, params));
  const boxes = useMemo(() => {
    if (metric === undefined || param === undefined) return [];
    const groups = new Map<string, number[]>();
    for (const run of runs) {
      const value = numberOf(run, metric);
      if (value === undefined) continue;
      const group = textOf(run, param) ?? t('runTable.none');
      groups.set(group, [...(groups.get(group) ?? []), value]);
    }
    return [...groups]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .slice(0, MOST)
      .flatMap(([name, values]) => {
        const box = quartiles(values);
        return box ? [{ name: `${name} (${values.length})`, box }] : [];
      });
  }, [runs, metric, param, t]);
  const option = useMemo(
    () => ({
      grid: { left: 72, right: 24, top: 36, bottom: 60 },
      tooltip: { trigger: 'item' as const },
      xAxis: {
        type: 'category' as const,
        data: boxes.map(({ name }) => name),
        name: param && nameOf(param),
        nameLocation: 'middle' as const,
        nameGap: 34,
      },
      yAxis: {
        type: 'value' as const,
        scale: true,
        name: metric && nameOf(metric),
      },
      series: [
        {
          type: 'boxplot' as const,
          itemStyle: { color: 'transparent', borderWidth: 2 },
          data: boxes.map(({ box }) => box),
        },
      ],
    }),
    [boxes, metric, param],
  );
  return (
    <Flex direction="column" gap="4">
      <Flex gap="4" style={{ flexWrap: 'wrap' }}>
        <ColumnSelect
          label={t('compareRuns.color')}
          options={metrics}
          value={metric}
          onChange={setMetric}
        />
        <ColumnSelect
          label={t('compareRuns.groupBy')}
          options={params}
          value={param}
          onChange={setParam}
        />
      </Flex>
      {boxes.length === 0 ? (
        <Text color="secondary">{t('compareRuns.nothing')}</Text>
      ) : (
        <Plot
          option={option}
          height={420}
          label={t('compareRuns.boxLabel', {
            metric: nameOf(metric ?? ''),
            param: nameOf(param ?? ''),
          })}
        />
      )}
    </Flex>
  );
}

/** The param with the fewest values has the most runs to a box. */
function fewest(
  runs: readonly Run[],
  params: readonly string[],
): string | undefined {
  const count = (param: string) =>
    new Set(runs.map(run => textOf(run, param))).size;
  return [...params].sort((a, b) => count(a) - count(b))[0];
}
