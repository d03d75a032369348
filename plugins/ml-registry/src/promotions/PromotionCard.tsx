import { Fragment, useState } from 'react';
import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { Facts, formatNumber, Section, Time, useMe } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { rolesOf } from './approverStanding';
import { orderMetrics } from '../shared/domain/orderMetrics';
import { isOpen } from '../shared/domain/stages';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ChampionComparison } from './ChampionComparison';
import { GateList } from './GateList';
import { EvidencePanel } from './EvidencePanel';
import { WaiveDialog } from './WaiveDialog';
import { DatasetLinks } from '../shared/Lineage';
import { Person } from '../shared/Person';
import { PromotionDecision } from './PromotionDecision';
import { PromotionStateBadge } from '../shared/StageBadge';

/** One promotion: who asked and why, the evidence frozen at that moment, the approvals so far, and what you may do. */
export function PromotionCard(props: {
  promotion: Promotion;
  evaluation?: ModelEvaluation;
  onChanged: () => void;
}) {
  const { promotion, evaluation, onChanged } = props;
  const { evidence } = promotion;
  const [waiving, setWaiving] = useState<string>();
  const me = useMe();
  // The server holds the rule; the page only keeps from offering what it would refuse.
  const mayWaive =
    promotion.state === 'blocked' &&
    me !== undefined &&
    promotion.requestedBy !== me.userEntityRef &&
    promotion.author !== me.userEntityRef &&
    rolesOf(promotion).some(role => me.ownershipEntityRefs.includes(role));
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
        <GateList
          gates={promotion.gates}
          onWaive={mayWaive ? setWaiving : undefined}
        />
        <EvidencePanel promotion={promotion} />
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
        {waiving && (
          <WaiveDialog
            promotionId={promotion.id}
            gate={waiving}
            onClose={() => setWaiving(undefined)}
            onDone={() => {
              setWaiving(undefined);
              onChanged();
            }}
          />
        )}
        {isOpen(promotion) && (
          <PromotionDecision promotion={promotion} onChanged={onChanged} />
        )}
      </Flex>
    </Section>
  );
}

function Approvals(props: { promotion: Promotion }) {
  const { approvals, approvalsNeeded, approvalRule } = props.promotion;
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
      {approvalRule && approvalRule.roles.length > 0 && (
        <Text color="secondary">
          {t('governance.roles', {
            roles: (
              <>
                {approvalRule.roles.map((role, at) => (
                  <Fragment key={role}>
                    {at > 0 && (approvalRule.everyRole ? ' & ' : ', ')}
                    <Person entityRef={role} />
                  </Fragment>
                ))}
              </>
            ),
          })}
        </Text>
      )}
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
