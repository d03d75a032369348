import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { formatNumber, PlainTable, Section } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex } from '@backstage/ui';
import { orderMetrics } from '../shared/domain/orderMetrics';
import { mlRegistryTranslationRef } from '../shared/translation';
import { GateList } from '../promotions/GateList';
import { Downstream, Lineage } from '../shared/Lineage';
import { SignatureTable } from './SignatureTable';

/** What matters first of a version: gates, lineage both ways, metrics, params, inputs and outputs. */
export function VersionOverview(props: {
  version: ModelVersion;
  evaluation?: ModelEvaluation;
}) {
  const { version, evaluation } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Flex direction="column" gap="4">
      <Section title={t('gate.title')}>
        <GateList gates={version.gates} />
      </Section>
      <Lineage version={version} />
      <Downstream version={version} />
      <Section title={t('versions.metrics')}>
        <PlainTable
          caption={t('versions.metrics')}
          columns={[t('run.metric'), t('run.value')]}
          empty={t('versions.noMetrics')}
          rows={orderMetrics(
            version.metrics,
            evaluation?.primaryMetric?.name,
          ).map(([key, value]) => ({
            key,
            cells: [key, formatNumber(value)],
          }))}
        />
      </Section>
      <Section title={t('versions.params')}>
        <PlainTable
          caption={t('versions.params')}
          columns={[t('run.param'), t('run.value')]}
          empty={t('versions.noParams')}
          rows={Object.entries(version.params)
            .sort(([a], [b]) => a.localeCompare(b))
            .map(([key, value]) => ({ key, cells: [key, value] }))}
        />
      </Section>
      <Section title={t('versions.signature')}>
        <SignatureTable signature={version.signature} />
      </Section>
    </Flex>
  );
}
