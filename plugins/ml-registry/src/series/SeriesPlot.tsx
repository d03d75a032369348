import { useCallback, useMemo } from 'react';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import {
  countNotPositive,
  seriesOption,
  type NamedSeries,
} from './seriesOption';
import type { SeriesView } from './seriesView';
import { mlRegistryTranslationRef } from '../shared/translation';

/** One metric drawn over one or more runs; a drag chooses the window of all charts. */
export function SeriesPlot(props: {
  metric: string;
  curves: readonly NamedSeries[];
  view: SeriesView;
  onChange: (change: Partial<SeriesView>) => void;
  height?: number;
}) {
  const { metric, curves, view, onChange, height = 240 } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const xLabel =
    view.axis === 'relative' ? t('series.relative') : t(`run.${view.axis}`);
  const option = useMemo(
    () => seriesOption({ curves, view, xLabel }),
    [curves, view, xLabel],
  );
  const unit = view.axis === 'relative' ? 1000 : 1;
  const zoom = useCallback(
    ({ from, to }: { from: number; to: number }) =>
      onChange({ zoom: { from: from * unit, to: to * unit } }),
    [onChange, unit],
  );
  const total = curves.reduce((sum, { series }) => sum + series.total, 0);
  const shown = curves.reduce((sum, { series }) => sum + series.x.length, 0);
  const odd = curves.reduce((sum, { series }) => sum + series.notNumbers, 0);
  const below = view.logarithmic ? countNotPositive(curves) : 0;
  return (
    <figure style={{ margin: 0, minWidth: 0 }}>
      <figcaption>
        <Text weight="bold" style={{ overflowWrap: 'anywhere' }}>
          {metric}
        </Text>{' '}
        {shown < total && (
          <Text color="secondary" variant="body-small">
            {t('series.points', {
              count: total,
              all: total.toLocaleString('en'),
              shown: shown.toLocaleString('en'),
            })}
          </Text>
        )}
      </figcaption>
      <Plot
        option={option}
        height={height}
        label={t('run.curveLabel', { name: metric, axis: xLabel })}
        onZoom={zoom}
      />
      {odd > 0 && (
        <Text color="secondary" variant="body-small">
          {t('series.notNumbers', { count: odd })}
        </Text>
      )}
      {below > 0 && (
        <Text color="secondary" variant="body-small">
          {t('run.notPositive', { count: below })}
        </Text>
      )}
    </figure>
  );
}
