import { useMemo } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Plot } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { parallelCoordinates } from './domain/parallelCoordinates';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Every run as a line through the values in which the runs differ. */
export function ParallelPlot(props: { runs: readonly Run[] }) {
  const { runs } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const option = useMemo(() => parallelCoordinates(runs), [runs]);
  if (!option) {
    return <Text color="secondary">{t('compare.parallelNone')}</Text>;
  }
  return (
    <>
      <Plot
        option={option}
        height={400}
        label={t('compare.parallelLabel', { runs: String(runs.length) })}
      />
      <Text color="secondary" variant="body-small">
        {t('compareRuns.brush')}
      </Text>
    </>
  );
}
