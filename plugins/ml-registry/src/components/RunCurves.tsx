import { useMemo } from 'react';
import type { MetricPoint, Run } from '@downstage/plugin-ml-registry-common';
import { Frame } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useCurves } from '../hooks/useCurves';
import { mlRegistryTranslationRef } from '../translation';
import { CurveControls, type CurveView } from './CurveControls';
import { CurvePlot } from './CurvePlot';

/** At most so many metrics are drawn: the ones first by name, those of the machine last. */
const most = 24;

/** The metrics of a run that have a history, each as a curve. */
export function RunCurves(props: { run: Run }) {
  const { run } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const names = Object.keys(run.metrics)
    .sort(
      (a, b) =>
        Number(a.startsWith('system/')) - Number(b.startsWith('system/')) ||
        a.localeCompare(b),
    )
    .slice(0, most);
  const curves = useCurves(run, names);
  return (
    <Frame
      value={curves}
      isEmpty={found => ![...found.values()].some(hasHistory)}
      empty={{ title: t('run.noCurves') }}
    >
      {found => (
        <CurveControls>
          {view => (
            <div
              style={{
                display: 'grid',
                gap: 24,
                gridTemplateColumns: 'repeat(auto-fit, minmax(340px, 1fr))',
              }}
            >
              {[...found]
                .filter(([, points]) => hasHistory(points))
                .map(([metric, points]) => (
                  <OneCurve
                    key={metric}
                    metric={metric}
                    points={points}
                    view={view}
                  />
                ))}
            </div>
          )}
        </CurveControls>
      )}
    </Frame>
  );
}

function OneCurve(props: {
  metric: string;
  points: MetricPoint[];
  view: CurveView;
}) {
  const { metric, points, view } = props;
  const curves = useMemo(() => [{ name: metric, points }], [metric, points]);
  return <CurvePlot metric={metric} curves={curves} view={view} />;
}

function hasHistory(points: MetricPoint[]): boolean {
  return points.length > 1;
}
