import { useMemo, useState } from 'react';
import type { MetricSeries, Run } from '@downstage/plugin-ml-registry-common';
import { formatNumber, Frame, PlainTable } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, SearchField, Text } from '@backstage/ui';
import { groupMetrics } from './seriesView';
import { lastValues } from '../shared/domain/lastValues';
import { useSeries } from './useSeries';
import { useSeriesView } from './useSeriesView';
import { mlRegistryTranslationRef } from '../shared/translation';
import { SeriesControls } from './SeriesControls';
import { SeriesPlot } from './SeriesPlot';

/** So many metrics are asked for at first; the server takes fifty at once. */
const STEP = 24;

/** The metrics of a run as charts, grouped by what stands before the slash; those with one point as a table. */
export function RunSeries(props: {
  run: Pick<Run, 'runId' | 'status' | 'metrics'>;
  metrics: readonly string[];
  empty: string;
}) {
  const { run, metrics, empty } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [view, change] = useSeriesView();
  const [wanted, setWanted] = useState('');
  const [most, setMost] = useState(STEP);
  const runs = useMemo(() => [run], [run]);
  const found = metrics.filter(name =>
    name.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  const shown = found.slice(0, Math.min(most, 50));
  const series = useSeries(runs, shown, view);
  if (metrics.length === 0) return <Text color="secondary">{empty}</Text>;
  return (
    <Flex direction="column" gap="4">
      <SeriesControls view={view} onChange={change} />
      <div style={{ maxWidth: 320 }}>
        <SearchField
          aria-label={t('series.find')}
          placeholder={t('series.find')}
          value={wanted}
          onChange={setWanted}
        />
      </div>
      <Frame
        value={series}
        isEmpty={() => found.length === 0}
        empty={{ title: t('series.none') }}
      >
        {curves => {
          const drawn = curves.filter(isCurve);
          // In a window that holds one point of it, a metric is still a curve.
          const single = view.zoom ? [] : curves.filter(each => !isCurve(each));
          return (
            <Flex direction="column" gap="5">
              {groupMetrics(drawn.map(({ key }) => key)).map(group => (
                <section key={group.name} aria-label={group.name || undefined}>
                  {group.name && (
                    <Text as="h3" variant="title-x-small">
                      {group.name}
                    </Text>
                  )}
                  <div
                    style={{
                      display: 'grid',
                      gap: 24,
                      marginTop: 8,
                      gridTemplateColumns:
                        'repeat(auto-fill, minmax(min(380px, 100%), 1fr))',
                    }}
                  >
                    {drawn
                      .filter(({ key }) => group.metrics.includes(key))
                      .map(each => (
                        <OneRun
                          key={each.key}
                          series={each}
                          view={view}
                          onChange={change}
                        />
                      ))}
                  </div>
                </section>
              ))}
              {single.length > 0 && (
                <PlainTable
                  caption={t('series.onePoint')}
                  columns={[t('run.metric'), t('run.last')]}
                  rows={single.map(({ key }) => ({
                    key,
                    cells: [key, formatNumber(lastValues(run)[key])],
                  }))}
                />
              )}
            </Flex>
          );
        }}
      </Frame>
      {found.length > shown.length && shown.length < 50 && (
        <div>
          <Button variant="secondary" onPress={() => setMost(most + STEP)}>
            {t('series.more', { count: found.length - shown.length })}
          </Button>
        </div>
      )}
    </Flex>
  );
}

function OneRun(props: {
  series: MetricSeries;
  view: Parameters<typeof SeriesPlot>[0]['view'];
  onChange: Parameters<typeof SeriesPlot>[0]['onChange'];
}) {
  const { series, view, onChange } = props;
  const curves = useMemo(() => [{ name: series.key, series }], [series]);
  return (
    <SeriesPlot
      metric={series.key}
      curves={curves}
      view={view}
      onChange={onChange}
    />
  );
}

function isCurve(series: MetricSeries): boolean {
  return series.total - series.notNumbers > 1;
}
