import { useMemo, useState } from 'react';
import type { MetricPoint, Run } from '@downstage/plugin-ml-registry-common';
import { Frame } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Select, Text } from '@backstage/ui';
import { useCurves, useCurvesOfRuns } from '../hooks/useCurves';
import { mlRegistryTranslationRef } from '../translation';
import { CurveControls, type CurveView } from './CurveControls';
import { CurvePlot } from './CurvePlot';

/** Of so many metrics it is found out whether they have a history, to begin with one that has. */
const most = 24;

/** One metric of all compared runs, their curves on one plot. */
export function CompareCurves(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const names = [
    ...new Set(runs.flatMap(run => Object.keys(run.metrics))),
  ].sort();
  const first = useCurves(runs[0], names.slice(0, most));
  return (
    <Frame
      value={first}
      isEmpty={() => names.length === 0}
      empty={{ title: t('compare.noMetrics') }}
    >
      {histories => (
        <Chosen
          runs={runs}
          names={[
            ...names.filter(name => hasHistory(histories.get(name))),
            ...names.filter(name => !hasHistory(histories.get(name))),
          ]}
        />
      )}
    </Frame>
  );
}

function hasHistory(points: MetricPoint[] = []): boolean {
  return points.length > 1;
}

function Chosen(props: { runs: readonly Run[]; names: readonly string[] }) {
  const { runs, names } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [chosen, setChosen] = useState<string>();
  const metric = chosen ?? names[0];
  const curves = useCurvesOfRuns(runs, metric);
  return (
    <Flex direction="column" gap="4">
      <Select
        style={{ width: 320 }}
        label={t('compare.metric')}
        options={names.map(name => ({ value: name, label: name }))}
        value={metric}
        onChange={key => setChosen(String(key ?? metric))}
      />
      <Frame value={curves}>
        {found =>
          [...found.values()].some(hasHistory) ? (
            <CurveControls>
              {view => (
                <Overlaid
                  runs={runs}
                  metric={metric}
                  found={found}
                  view={view}
                />
              )}
            </CurveControls>
          ) : (
            <Text color="secondary">{t('compare.onePoint')}</Text>
          )
        }
      </Frame>
    </Flex>
  );
}

function Overlaid(props: {
  runs: readonly Run[];
  metric: string;
  found: Map<string, MetricPoint[]>;
  view: CurveView;
}) {
  const { runs, metric, found, view } = props;
  const curves = useMemo(
    () =>
      runs.map(run => ({
        name: run.name || run.runId,
        points: found.get(run.runId) ?? [],
      })),
    [runs, found],
  );
  return <CurvePlot metric={metric} curves={curves} view={view} />;
}
