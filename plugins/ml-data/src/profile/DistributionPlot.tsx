import { useMemo } from 'react';
import { Text } from '@backstage/ui';
import type { ColumnProfile } from '@downstage/plugin-ml-data-common';
import { formatNumber, Plot } from '@downstage/react';
import { allDiffer, distributionOption } from './distributionOption';
import { useWords } from '../shared/useWords';

/** How the values of a column are distributed, with the same said in words for those who cannot see it. */
export function DistributionPlot(props: {
  column: ColumnProfile;
  height?: number;
  /** For a cell of a table: without labels of the axes. */
  isSmall?: boolean;
}) {
  const t = useWords();
  const { column, height = 150, isSmall } = props;
  const option = useMemo(
    () => distributionOption(column, { isSmall }),
    [column, isSmall],
  );
  if (!option) {
    return (
      <Text color="secondary">
        {t(allDiffer(column) ? 'profile.allDiffer' : 'profile.noPlot')}
      </Text>
    );
  }
  const label = column.histogram
    ? t('profile.histogramLabel', {
        name: column.name,
        number: formatNumber(column.count),
        min: valueText(column.min),
        max: valueText(column.max),
        median: formatNumber(column.quantiles?.p50),
      })
    : t('profile.topLabel', {
        name: column.name,
        values: (column.topValues ?? [])
          .map(({ value, count }) => `${value} (${formatNumber(count)})`)
          .join(', '),
      });
  return <Plot option={option} label={label} height={height} />;
}

/** The smallest or largest value, a number or a text. */
export function valueText(value: number | string | undefined): string {
  return typeof value === 'string' ? value : formatNumber(value);
}
