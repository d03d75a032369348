import { useState } from 'react';
import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type {
  ModelVersion,
  Promotion,
} from '@downstage/plugin-ml-registry-common';
import { CodeBlock, formatNumber, PlainTable, Section } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { RiArrowLeftLine, RiArrowUpCircleLine } from '@remixicon/react';
import { orderMetrics } from '../domain/orderMetrics';
import { isOpen, targetsFrom } from '../domain/stages';
import { useTrackingUri } from '../hooks/useTrackingUri';
import { mlRegistryTranslationRef } from '../translation';
import { ArtifactTree } from './ArtifactTree';
import { GateList } from './GateList';
import { Lineage } from './Lineage';
import { PromotionCard } from './PromotionCard';
import { PromotionDialog } from './PromotionDialog';
import { SignatureTable } from './SignatureTable';
import { StageBadge } from './StageBadge';

/** One version: its stage and promotions, gates, lineage, signature, metrics, params and files. */
export function VersionDetail(props: {
  version: ModelVersion;
  evaluation?: ModelEvaluation;
  /** Whether to offer a promotion; the server decides. */
  mayPromote: boolean;
  promotions: readonly Promotion[];
  onBack: () => void;
  onChanged: () => void;
  onRequested: (promotionId: string) => void;
}) {
  const { version, evaluation, mayPromote, promotions } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const trackingUri = useTrackingUri();
  const [asking, setAsking] = useState(false);
  const offer =
    mayPromote &&
    targetsFrom(version.stage).length > 0 &&
    !promotions.some(isOpen);

  return (
    <Flex direction="column" gap="4">
      <Flex justify="between" align="center" gap="3">
        <Flex align="center" gap="3">
          <Button
            variant="tertiary"
            iconStart={<RiArrowLeftLine />}
            onPress={props.onBack}
          >
            {t('versions.all')}
          </Button>
          <Text as="h2" variant="title-small">
            {t('versions.heading', { version: String(version.version) })}
          </Text>
          <StageBadge stage={version.stage} />
          {version.aliases.length > 0 && (
            <Text color="secondary">@{version.aliases.join(', @')}</Text>
          )}
        </Flex>
        {offer && (
          <Button
            variant="primary"
            iconStart={<RiArrowUpCircleLine />}
            onPress={() => setAsking(true)}
          >
            {t('promotion.request')}
          </Button>
        )}
      </Flex>
      {version.description && <Text>{version.description}</Text>}
      {promotions.map(promotion => (
        <PromotionCard
          key={promotion.id}
          promotion={promotion}
          evaluation={evaluation}
          onChanged={props.onChanged}
        />
      ))}
      <Section title={t('gate.title')}>
        <GateList gates={version.gates} />
      </Section>
      <Lineage version={version} />
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
          rows={sorted(version.params).map(([key, value]) => ({
            key,
            cells: [key, value],
          }))}
        />
      </Section>
      <Section title={t('versions.signature')}>
        <SignatureTable signature={version.signature} />
      </Section>
      <Section title={t('versions.artifacts')}>
        <ArtifactTree owner={{ namespace, name, version: version.version }} />
      </Section>
      <Section title={t('versions.load')}>
        <CodeBlock
          code={`import mlflow\n\nmlflow.set_tracking_uri("${trackingUri}")\nmodel = mlflow.pyfunc.load_model("models:/${name}/${version.version}")`}
        />
      </Section>
      {asking && (
        <PromotionDialog
          version={version}
          evaluation={evaluation}
          onClose={() => setAsking(false)}
          onRequested={id => {
            setAsking(false);
            props.onRequested(id);
          }}
        />
      )}
    </Flex>
  );
}

function sorted<T>(values: Record<string, T>): Array<[string, T]> {
  return Object.entries(values).sort(([a], [b]) => a.localeCompare(b));
}
