import { useMemo } from 'react';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import {
  countNotPositive,
  metricCurves,
  type Curve,
} from '../domain/metricCurves';
import { mlRegistryTranslationRef } from '../translation';
import type { CurveView } from './CurveControls';

/** One metric drawn over one or more runs. */
export function CurvePlot(props: {
  metric: string;
  curves: readonly Curve[];
  view: CurveView;
}) {
  const { metric, curves, view } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const xLabel = t(`run.${view.axis}`);
  const option = useMemo(
    () =>
      metricCurves({
        curves,
        axis: view.axis,
        logarithmic: view.logarithmic,
        xLabel,
      }),
    [curves, view.axis, view.logarithmic, xLabel],
  );
  const hidden = view.logarithmic ? countNotPositive(curves) : 0;
  return (
    <figure style={{ margin: 0 }}>
      <figcaption>
        <Text weight="bold">{metric}</Text>
      </figcaption>
      <Plot
        option={option}
        height={240}
        label={t('run.curveLabel', { name: metric, axis: xLabel })}
      />
      {hidden > 0 && (
        <Text color="secondary" variant="body-small">
          {t('run.notPositive', { count: hidden })}
        </Text>
      )}
    </figure>
  );
}
