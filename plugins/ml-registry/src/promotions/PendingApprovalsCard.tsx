import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import {
  Frame,
  Section,
  Time,
  useLoad,
  useModelEntity,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { Person } from '../shared/Person';
import { PromotionStateBadge } from '../shared/StageBadge';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

/** On the overview of a Model: promotions under way, each leading to its evidence. */
export function PendingApprovalsCard() {
  const { ref } = useModelEntity();
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const promotions = useLoad(
    async signal =>
      (
        await api.listPromotions(
          { query: { model: ref, state: 'open' } },
          { signal },
        )
      ).items,
    [api, ref],
    { pollMs: 30_000, channel: mlRegistryTopics.promotionChanged },
  );
  return (
    <Section title={t('cards.pending')}>
      <Frame
        value={promotions}
        isEmpty={items => items.length === 0}
        empty={{
          title: t('cards.pendingEmptyTitle'),
          description: t('cards.pendingEmptyText'),
        }}
      >
        {items => (
          <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
            {items.map(promotion => (
              <li key={promotion.id} style={{ padding: '6px 0' }}>
                <Flex direction="column" gap="1">
                  <Flex gap="3" align="center">
                    <Link
                      weight="bold"
                      href={paths.version(ref, promotion.version, promotion.id)}
                    >
                      {t('promotion.title', {
                        version: String(promotion.version),
                        stage: t(`stage.${promotion.to}`),
                      })}
                    </Link>
                    <PromotionStateBadge state={promotion.state} />
                  </Flex>
                  <Text as="div" variant="body-small" color="secondary">
                    {t('promotion.askedBy')}{' '}
                    <Person entityRef={promotion.requestedBy} />{' '}
                    <Time at={promotion.createdAt} />
                    {' · '}
                    {t('promotion.approvalsSoFar', {
                      given: String(promotion.approvals.length),
                      needed: String(promotion.approvalsNeeded),
                    })}
                  </Text>
                </Flex>
              </li>
            ))}
          </ul>
        )}
      </Frame>
    </Section>
  );
}
