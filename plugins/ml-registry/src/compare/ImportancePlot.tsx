import { useMemo } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { metricColumns, nameOf } from './domain/columns';
import { paramImportance } from './domain/importance';
import { useChoice } from '../shared/hooks/useChoice';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ColumnSelect } from './ColumnSelect';

/** Which params go with a metric. */
export function ImportancePlot(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const metrics = useMemo(() => metricColumns(runs), [runs]);
  const [metric, setMetric] = useChoice('metric', metrics);
  const found = useMemo(
    () => (metric === undefined ? undefined : paramImportance(runs, metric)),
    [runs, metric],
  );
  const option = useMemo(() => {
    const shown = found?.params.slice(0, 20).reverse() ?? [];
    return {
      grid: { left: 150, right: 40, top: 10, bottom: 48 },
      tooltip: { trigger: 'axis' as const },
      xAxis: {
        type: 'value' as const,
        min: 0,
        name: t('compareRuns.importance'),
        nameLocation: 'middle' as const,
        nameGap: 26,
      },
      yAxis: {
        type: 'category' as const,
        data: shown.map(({ name }) => name),
      },
      series: [
        {
          type: 'bar' as const,
          name: t('compareRuns.importance'),
          barMaxWidth: 24,
          // A colour of its own: one that is left to the plot is outlined, and hard to read in the dark.
          label: {
            show: true,
            position: 'right' as const,
            color: '#3b8ec9',
          },
          data: shown.map(({ share }) => Math.round(share * 1000) / 1000),
        },
      ],
    };
  }, [found, t]);
  return (
    <Flex direction="column" gap="4">
      <ColumnSelect
        label={t('compareRuns.color')}
        options={metrics}
        value={metric}
        onChange={setMetric}
      />
      {found && metric !== undefined ? (
        <>
          <Plot
            option={option}
            height={Math.max(158, 58 + Math.min(20, found.params.length) * 34)}
            label={t('compareRuns.importanceLabel', { metric: nameOf(metric) })}
          />
          <Text>
            {t('compareRuns.fit', {
              percent: String(Math.max(0, Math.round(found.fit * 100))),
            })}
          </Text>
          <Text color="secondary" variant="body-small">
            {t('compareRuns.importanceText', { runs: String(found.runs) })}
          </Text>
        </>
      ) : (
        <Text color="secondary">{t('compareRuns.importanceFew')}</Text>
      )}
    </Flex>
  );
}
