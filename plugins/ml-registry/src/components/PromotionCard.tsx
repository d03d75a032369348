import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { Facts, formatNumber, Section, Time } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { orderMetrics } from '../domain/orderMetrics';
import { isOpen } from '../domain/stages';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { ChampionComparison } from './ChampionComparison';
import { GateList } from './GateList';
import { DatasetLinks } from './Lineage';
import { Person } from './Person';
import { PromotionDecision } from './PromotionDecision';
import { PromotionStateBadge } from './StageBadge';

/** One promotion: who asked and why, the evidence frozen at that moment, the approvals so far, and what you may do. */
export function PromotionCard(props: {
  promotion: Promotion;
  evaluation?: ModelEvaluation;
  onChanged: () => void;
}) {
  const { promotion, evaluation, onChanged } = props;
  const { evidence } = promotion;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Section
      title={t('promotion.title', {
        version: String(promotion.version),
        stage: t(`stage.${promotion.to}`),
      })}
      actions={<PromotionStateBadge state={promotion.state} />}
    >
      <Flex direction="column" gap="4">
        {promotion.message && <Text>{promotion.message}</Text>}
        <Facts
          facts={[
            {
              label: t('promotion.askedBy'),
              value: <Person entityRef={promotion.requestedBy} />,
            },
            {
              label: t('promotion.askedAt'),
              value: <Time at={promotion.createdAt} />,
            },
            {
              label: t('promotion.author'),
              value: promotion.author && (
                <Person entityRef={promotion.author} />
              ),
            },
            {
              label: t('promotion.owner'),
              value: promotion.owner && <Person entityRef={promotion.owner} />,
            },
            { label: t('promotion.reasonGiven'), value: promotion.reason },
            {
              label: t('versions.run'),
              value: evidence.runId && (
                <Link href={paths.run(evidence.runId)}>{evidence.runId}</Link>
              ),
            },
            {
              label: t('promotion.evidenceDatasets'),
              value:
                evidence.datasets.length > 0 ? (
                  <DatasetLinks datasets={evidence.datasets} />
                ) : undefined,
            },
          ]}
        />
        <GateList gates={promotion.gates} />
        {evidence.champion ? (
          <ChampionComparison
            version={promotion.version}
            metrics={evidence.metrics}
            champion={evidence.champion}
            evaluation={evaluation}
          />
        ) : (
          <Facts
            facts={orderMetrics(
              evidence.metrics,
              evaluation?.primaryMetric?.name,
            ).map(([label, value]) => ({
              label,
              value: formatNumber(value),
            }))}
          />
        )}
        <Approvals promotion={promotion} />
        {isOpen(promotion) && (
          <PromotionDecision promotion={promotion} onChanged={onChanged} />
        )}
      </Flex>
    </Section>
  );
}

function Approvals(props: { promotion: Promotion }) {
  const { approvals, approvalsNeeded } = props.promotion;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (approvalsNeeded === 0 && approvals.length === 0) return null;
  return (
    <Flex direction="column" gap="1">
      <Text weight="bold">
        {t('promotion.approvalsSoFar', {
          given: String(approvals.length),
          needed: String(approvalsNeeded),
        })}
      </Text>
      {approvals.map(approval => (
        <Text as="div" key={approval.by}>
          <Person entityRef={approval.by} /> {t('promotion.approvedBy')}{' '}
          <Time at={approval.at} />
          {approval.comment && `: ${approval.comment}`}
        </Text>
      ))}
    </Flex>
  );
}
