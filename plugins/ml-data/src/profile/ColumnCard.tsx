import { Card, CardBody, Flex, Text } from '@backstage/ui';
import type {
  ColumnProfile,
  DatasetColumn,
} from '@downstage/plugin-ml-data-common';
import { Facts, formatNumber } from '@downstage/react';
import { useWords } from '../shared/useWords';
import { DistributionPlot, valueText } from './DistributionPlot';

/** One column: what it means, how it is distributed, its figures. */
export function ColumnCard(props: {
  column: DatasetColumn;
  profile: ColumnProfile;
}) {
  const t = useWords();
  const { column, profile } = props;
  const { quantiles, mean, stddev, min, max } = profile;
  const all = profile.count + profile.nulls;
  const missing = `${formatNumber(profile.nulls)}${
    profile.nulls ? ` (${((100 * profile.nulls) / all).toFixed(1)} %)` : ''
  }`;
  return (
    <Card>
      <CardBody>
        <Flex direction="column" gap="2">
          <Flex align="baseline" gap="2">
            <Text as="h3" variant="title-x-small" weight="bold">
              {column.name}
            </Text>
            <Text color="secondary" variant="body-small">
              {[column.type, column.unit].filter(Boolean).join(' · ')}
            </Text>
          </Flex>
          {column.description && (
            <Text color="secondary">{column.description}</Text>
          )}
          <DistributionPlot column={profile} />
          <Facts
            minWidth={110}
            facts={[
              { label: t('profile.missing'), value: missing },
              {
                label: t('profile.distinct'),
                value: formatNumber(profile.distinct),
              },
              {
                label: t('profile.range'),
                value:
                  min === undefined
                    ? undefined
                    : `${valueText(min)} – ${valueText(max)}`,
              },
              {
                label: t('profile.mean'),
                value: mean === undefined ? undefined : formatNumber(mean),
              },
              {
                label: t('profile.stddev'),
                value: stddev === undefined ? undefined : formatNumber(stddev),
              },
              {
                label: t('profile.median'),
                value: quantiles && formatNumber(quantiles.p50),
              },
              {
                label: t('profile.middle'),
                value:
                  quantiles &&
                  `${formatNumber(quantiles.p05)} – ${formatNumber(
                    quantiles.p95,
                  )}`,
              },
            ]}
          />
        </Flex>
      </CardBody>
    </Card>
  );
}
