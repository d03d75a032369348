import type { ModelCard } from '@downstage/plugin-ml-registry-common';
import { CodeBlock, Facts, formatNumber, PlainTable } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { byMetricName } from '../../shared/domain/orderMetrics';
import { paths } from '../../shared/paths';
import { mlRegistryTranslationRef } from '../../shared/translation';

/** What the registry computed or recorded of a version: metrics by slice and data set, data, environment. */
export function VerifiedCardView({ card }: { card: ModelCard }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { metrics, datasets, environment, files, lineage } = card.verified;
  return (
    <Flex direction="column" gap="4">
      <Text color="secondary">{t('card.verifiedText')}</Text>
      <PlainTable
        caption={t('versions.metrics')}
        columns={[
          t('card.metric'),
          t('card.slice'),
          t('card.dataset'),
          t('card.value'),
        ]}
        empty={t('card.noMetrics')}
        rows={[...metrics]
          .sort((a, b) => byMetricName(a.name, b.name))
          .map(({ name, slice, dataset, value }, index) => ({
            key: `${index} ${name}`,
            cells: [
              name,
              slice ?? t('card.all'),
              dataset ? `${dataset.name} (${dataset.digest})` : '–',
              formatNumber(value),
            ],
          }))}
      />
      <PlainTable
        caption={t('reproduction.datasets')}
        columns={[t('card.dataset'), t('card.digest'), t('card.usedFor')]}
        empty={t('card.noDatasets')}
        rows={datasets.map(({ name, ref, digest, context }, index) => {
          const href = ref && paths.datasetVersion(ref);
          return {
            key: `${index} ${name}`,
            cells: [
              href ? <Link href={href}>{ref}</Link> : name,
              digest,
              context ?? '–',
            ],
          };
        })}
      />
      <Facts
        facts={[
          {
            label: t('versions.run'),
            value: lineage.runId && (
              <Link href={paths.run(lineage.runId)}>{lineage.runId}</Link>
            ),
          },
          { label: t('versions.commit'), value: lineage.commit },
          { label: t('card.python'), value: environment.python },
          { label: t('card.mlflow'), value: environment.mlflow },
          { label: t('card.environment'), value: environment.lock },
          { label: t('card.filesDigest'), value: files.digest },
        ]}
      />
      {environment.requirements.length > 0 && (
        <div>
          <Text as="h4" weight="bold">
            {t('card.packages')}
          </Text>
          <CodeBlock code={environment.requirements.join('\n')} />
        </div>
      )}
    </Flex>
  );
}
