import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { Frame, useLoad, useMe } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { PromotionCard } from '../components/PromotionCard';
import { approverStanding } from '../domain/approverStanding';
import { isOpen } from '../domain/stages';
import { useEvaluations } from '../hooks/useEvaluations';
import { useRegistry } from '../hooks/useRegistry';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

/** Promotions that wait for somebody: first those that the signed-in person may decide, then all others. */
export function ApprovalsPage() {
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const me = useMe();
  const promotions = useLoad(
    async signal => (await api.listPromotions({ query: {} }, { signal })).items,
    [api],
    { channel: mlRegistryTopics.promotionChanged },
  );
  const isMine = (promotion: Promotion) =>
    approverStanding({
      me,
      owner: promotion.owner,
      author: promotion.author,
      promotion,
    }).may;

  return (
    <RegistryFrame
      tab="approvals"
      title={t('nav.approvals')}
      description={t('approvals.description')}
    >
      <Frame
        value={promotions}
        isEmpty={items => items.length === 0}
        empty={{
          title: t('approvals.emptyTitle'),
          description: t('approvals.emptyText'),
        }}
      >
        {items => (
          <>
            <Group
              title={t('approvals.mine')}
              none={t('approvals.noneMine')}
              promotions={items.filter(isMine)}
              onChanged={promotions.retry}
            />
            <Group
              title={t('approvals.others')}
              promotions={items.filter(item => isOpen(item) && !isMine(item))}
              onChanged={promotions.retry}
            />
            <Group
              title={t('governance.blocked')}
              promotions={items
                .filter(({ state }) => state === 'blocked')
                .slice(0, 10)}
              onChanged={promotions.retry}
            />
            <Group
              title={t('governance.decidedByMe')}
              promotions={items
                .filter(
                  ({ state, approvals, waivers = [] }) =>
                    state !== 'blocked' &&
                    [...approvals, ...waivers].some(
                      ({ by }) => by === me?.userEntityRef,
                    ),
                )
                .slice(0, 10)}
              onChanged={promotions.retry}
            />
          </>
        )}
      </Frame>
    </RegistryFrame>
  );
}

function Group(props: {
  title: string;
  none?: string;
  promotions: Promotion[];
  onChanged: () => void;
}) {
  const { title, none, promotions, onChanged } = props;
  const evaluations = useEvaluations(
    promotions.map(({ modelRef }) => modelRef),
  );
  if (promotions.length === 0 && !none) return null;
  return (
    <Flex direction="column" gap="3">
      <Text as="h2" variant="title-x-small">
        {title}
      </Text>
      {promotions.length === 0 && <Text color="secondary">{none}</Text>}
      {promotions.map(promotion => (
        <Flex key={promotion.id} direction="column" gap="2">
          <Link
            weight="bold"
            href={paths.version(
              promotion.modelRef,
              promotion.version,
              promotion.id,
            )}
          >
            {promotion.versionRef}
          </Link>
          <PromotionCard
            promotion={promotion}
            evaluation={evaluations.get(promotion.modelRef)}
            onChanged={onChanged}
          />
        </Flex>
      ))}
    </Flex>
  );
}
