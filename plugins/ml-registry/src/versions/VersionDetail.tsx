import { useState } from 'react';
import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type {
  ModelVersion,
  Promotion,
} from '@downstage/plugin-ml-registry-common';
import { CodeBlock, Section, StatusBadge } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { RiArrowLeftLine, RiArrowUpCircleLine } from '@remixicon/react';
import { isOpen, targetsFrom } from '../shared/domain/stages';
import { useTrackingUri } from '../shared/hooks/useTrackingUri';
import { mlRegistryTranslationRef } from '../shared/translation';
import { AddressTabs } from '../shared/AddressTabs';
import { ArtifactTree } from '../artifacts/ArtifactTree';
import { BreakGlassDialog } from '../promotions/BreakGlassDialog';
import { History } from '../ledger/History';
import { Person } from '../shared/Person';
import { PromotionCard } from '../promotions/PromotionCard';
import { PromotionDialog } from '../promotions/PromotionDialog';
import { StageBadge } from '../shared/StageBadge';
import { CardTab } from './card/CardTab';
import { CompareTab } from './CompareTab';
import { ModelSignatureSection } from './ModelSignatureSection';
import { ReproduceTab } from './reproduction/ReproduceTab';
import { VersionOverview } from './VersionOverview';

const tabs = [
  'overview',
  'card',
  'files',
  'compare',
  'reproduce',
  'history',
] as const;

/** One version: its stage, and in tabs its promotions, gates and lineage, card, files, comparison, reproduction, history. */
export function VersionDetail(props: {
  version: ModelVersion;
  evaluation?: ModelEvaluation;
  /** Whether to offer a promotion; the server decides. */
  mayPromote: boolean;
  promotions: readonly Promotion[];
  /** All versions of the model, to compare with. */
  versions: readonly ModelVersion[];
  onBack: () => void;
  onChanged: () => void;
  onRequested: (promotionId: string) => void;
}) {
  const { version, evaluation, mayPromote, promotions } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const trackingUri = useTrackingUri();
  const [asking, setAsking] = useState(false);
  const [breaking, setBreaking] = useState(false);
  const offer =
    mayPromote &&
    targetsFrom(version.stage).length > 0 &&
    !promotions.some(isOpen);

  const panels = {
    overview: (
      <Flex direction="column" gap="4">
        {promotions.map(promotion => (
          <PromotionCard
            key={promotion.id}
            promotion={promotion}
            evaluation={evaluation}
            onChanged={props.onChanged}
          />
        ))}
        <VersionOverview version={version} evaluation={evaluation} />
      </Flex>
    ),
    card: <CardTab version={version} mayEdit={mayPromote} />,
    files: (
      <Flex direction="column" gap="4">
        <ModelSignatureSection version={version} mayCheck={mayPromote} />
        <Section title={t('versions.artifacts')}>
          <ArtifactTree owner={{ namespace, name, version: version.version }} />
        </Section>
        <Section title={t('versions.load')}>
          <CodeBlock
            code={`import mlflow\n\nmlflow.set_tracking_uri("${trackingUri}")\nmodel = mlflow.pyfunc.load_model("models:/${name}/${version.version}")`}
          />
        </Section>
      </Flex>
    ),
    compare: <CompareTab version={version} versions={props.versions} />,
    reproduce: <ReproduceTab version={version} />,
    history: <History name={name} version={version.version} />,
  };

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
          {version.breakGlass && (
            <StatusBadge tone="error" label={t('governance.glassBadge')} />
          )}
          {version.aliases.length > 0 && (
            <Text color="secondary">@{version.aliases.join(', @')}</Text>
          )}
        </Flex>
        {mayPromote && version.stage !== 'production' && (
          <Button
            variant="tertiary"
            destructive
            onPress={() => setBreaking(true)}
          >
            {t('governance.glass')}
          </Button>
        )}
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
      {version.breakGlass && (
        <Text>
          {t('governance.glassBy', {
            by: <Person entityRef={version.breakGlass.by} />,
            reason: version.breakGlass.reason,
          })}
        </Text>
      )}
      {version.description && <Text>{version.description}</Text>}
      <AddressTabs tabs={tabs} label={each => t(`versionPage.tabs.${each}`)}>
        {each => panels[each]}
      </AddressTabs>
      {breaking && (
        <BreakGlassDialog
          version={version}
          onClose={() => setBreaking(false)}
          onDone={() => {
            setBreaking(false);
            props.onChanged();
          }}
        />
      )}
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
