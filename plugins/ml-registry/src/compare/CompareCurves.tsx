import { useMemo } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Frame } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { lastValues } from '../shared/domain/lastValues';
import { useChoice } from '../shared/hooks/useChoice';
import { useSeries } from '../series/useSeries';
import { useSeriesView } from '../series/useSeriesView';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ColumnSelect } from './ColumnSelect';
import { SeriesControls } from '../series/SeriesControls';
import { SeriesPlot } from '../series/SeriesPlot';

/** Of so many metrics it is found out whether they have a history, to begin with one that has. */
const PROBED = 24;

/** One metric of all compared runs, their curves on one plot. */
export function CompareCurves(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [view, change] = useSeriesView();
  const names = useMemo(
    () =>
      [...new Set(runs.flatMap(run => Object.keys(lastValues(run))))].sort(),
    [runs],
  );
  const first = useSeries(runs.slice(0, 1), names.slice(0, PROBED), {
    axis: 'step',
  });
  const withHistory = first.value?.find(series => series.total > 1)?.key;
  const columns = names.map(name => `metrics.${name}`);
  const [chosen, choose] = useChoice(
    'metric',
    columns,
    withHistory && `metrics.${withHistory}`,
  );
  const metric = chosen?.slice('metrics.'.length);
  const curves = useSeries(
    runs,
    metric === undefined || first.value === undefined ? [] : [metric],
    view,
  );
  const named = useMemo(
    () =>
      (curves.value ?? []).map(series => ({
        name:
          runs.find(run => run.runId === series.runId)?.name || series.runId,
        series,
      })),
    [curves.value, runs],
  );
  if (names.length === 0) {
    return <Text color="secondary">{t('compare.noMetrics')}</Text>;
  }
  return (
    <Flex direction="column" gap="4">
      <ColumnSelect
        label={t('compare.metric')}
        options={columns}
        value={chosen}
        onChange={choose}
      />
      <SeriesControls view={view} onChange={change} />
      <Frame value={first.value === undefined ? first : curves}>
        {() =>
          view.zoom || named.some(({ series }) => series.total > 1) ? (
            <SeriesPlot
              metric={metric ?? ''}
              curves={named}
              view={view}
              onChange={change}
              height={400}
            />
          ) : (
            <Text color="secondary">{t('compare.onePoint')}</Text>
          )
        }
      </Frame>
    </Flex>
  );
}
