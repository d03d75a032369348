import { useMemo, useState } from 'react';
import type { MetricPoint, Run } from '@downstage/plugin-ml-registry-common';
import { Frame } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Select, Text } from '@backstage/ui';
import { useCurvesOfRuns } from '../hooks/useCurves';
import { mlRegistryTranslationRef } from '../translation';
import { CurveControls, type CurveView } from './CurveControls';
import { CurvePlot } from './CurvePlot';

/** One metric of all compared runs, their curves on one plot. */
export function CompareCurves(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const names = [
    ...new Set(runs.flatMap(run => Object.keys(run.metrics))),
  ].sort();
  const [chosen, setChosen] = useState<string>();
  const metric = chosen ?? names[0] ?? '';
  const curves = useCurvesOfRuns(runs, metric);
  if (names.length === 0) {
    return <Text color="secondary">{t('compare.noMetrics')}</Text>;
  }
  return (
    <Flex direction="column" gap="4">
      <Select
        label={t('compare.metric')}
        options={names.map(name => ({ value: name, label: name }))}
        value={metric}
        onChange={key => setChosen(String(key ?? metric))}
      />
      <Frame value={curves}>
        {found => (
          <CurveControls>
            {view => (
              <Overlaid runs={runs} metric={metric} found={found} view={view} />
            )}
          </CurveControls>
        )}
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
