import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type { VersionSummary } from '@downstage/plugin-ml-registry-common';
import { formatNumber, PlainTable } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { orderMetrics } from '../shared/domain/orderMetrics';
import { againstChampion } from '../shared/domain/primaryMetric';
import { mlRegistryTranslationRef } from '../shared/translation';

/** The metrics of a version beside those of the one in production, the primary metric first and judged in words. */
export function ChampionComparison(props: {
  version: number;
  metrics: Record<string, number>;
  champion: VersionSummary | undefined;
  evaluation?: ModelEvaluation;
}) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { version, metrics, champion, evaluation } = props;
  if (!champion) {
    return <Text color="secondary">{t('promotion.noChampion')}</Text>;
  }
  const primary = evaluation?.primaryMetric;
  const names = orderMetrics(metrics, primary?.name)
    .map(([name]) => name)
    .filter(name => champion.metrics[name] !== undefined);
  return (
    <PlainTable
      caption={t('promotion.championTitle', {
        version: String(champion.version),
      })}
      columns={[
        t('promotion.metric'),
        t('promotion.thisVersion', { version: String(version) }),
        t('promotion.thisVersion', { version: String(champion.version) }),
        t('promotion.difference'),
      ]}
      rows={names.map(name => {
        const difference = metrics[name] - champion.metrics[name];
        const isPrimary = name === primary?.name;
        const verdict = againstChampion(
          metrics[name],
          champion.metrics[name],
          isPrimary ? primary?.goal : undefined,
        );
        const sign = difference > 0 ? '+' : '';
        return {
          key: name,
          cells: [
            isPrimary ? `${name} (${t('promotion.primary')})` : name,
            formatNumber(metrics[name]),
            formatNumber(champion.metrics[name]),
            `${sign}${formatNumber(difference)}${
              verdict === 'unknown' ? '' : ` (${t(`promotion.${verdict}`)})`
            }`,
          ],
        };
      })}
    />
  );
}
