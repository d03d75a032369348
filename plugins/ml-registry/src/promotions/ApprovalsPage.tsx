import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import { Frame, Pager, useMe, usePages } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Flex,
  Link,
  Text,
  ToggleButton,
  ToggleButtonGroup,
} from '@backstage/ui';
import { PromotionCard } from './PromotionCard';
import { approvalsInbox, inboxFilters } from './approvalsInbox';
import { useChoice } from '../shared/hooks/useChoice';
import { useEvaluations } from '../shared/hooks/useEvaluations';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

const filterWords = {
  waiting: 'governance.filterWaiting',
  blocked: 'governance.filterBlocked',
  decided: 'governance.filterDecided',
} as const;

/** What the server is asked for; the first filter unless another was chosen. */
function statesOf(show: string | undefined) {
  return show === 'blocked' || show === 'decided' ? show : 'open';
}

/** An approver's inbox: what waits, first for the signed-in person; what a gate blocked; what was decided. */
export function ApprovalsPage() {
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const me = useMe();
  const [show, choose] = useChoice('show', inboxFilters);
  const promotions = usePages(
    (cursor, signal) =>
      api.listPromotions(
        { query: { state: statesOf(show), cursor, limit: 50 } },
        { signal },
      ),
    [api, show],
    { channel: mlRegistryTopics.promotionChanged },
  );
  const groupsOf = (items: Promotion[]): GroupOfPromotions[] => {
    const inbox = approvalsInbox(items, me);
    if (show === 'blocked') {
      return [
        {
          title: t('governance.blocked'),
          none: t('governance.noneBlocked'),
          promotions: inbox.blocked,
        },
      ];
    }
    if (show === 'decided') {
      return [
        {
          title: t('governance.decidedByMe'),
          none: t('governance.noneDecidedByMe'),
          promotions: inbox.decidedWithMe,
        },
        {
          title: t('governance.decidedByOthers'),
          promotions: inbox.decidedByOthers,
        },
      ];
    }
    return [
      {
        title: t('approvals.mine'),
        none: t('approvals.noneMine'),
        promotions: inbox.mine,
      },
      { title: t('approvals.others'), promotions: inbox.others },
    ];
  };

  return (
    <RegistryFrame
      tab="approvals"
      title={t('nav.approvals')}
      description={t('approvals.description')}
    >
      <Flex>
        <ToggleButtonGroup
          aria-label={t('governance.filter')}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={show ? [show] : []}
          onSelectionChange={([key]) => choose(key)}
        >
          {inboxFilters.map(id => (
            <ToggleButton key={id} id={id}>
              {t(filterWords[id])}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </Flex>
      <Frame
        value={promotions}
        isEmpty={({ items }) =>
          items.length === 0 && show !== 'blocked' && show !== 'decided'
        }
        empty={{
          title: t('approvals.emptyTitle'),
          description: t('approvals.emptyText'),
        }}
      >
        {({ items }) => (
          <>
            {groupsOf(items).map(group => (
              <Group
                key={group.title}
                {...group}
                onChanged={promotions.retry}
              />
            ))}
            <Pager pages={promotions} />
          </>
        )}
      </Frame>
    </RegistryFrame>
  );
}

type GroupOfPromotions = {
  title: string;
  /** Said when there are none; without it the group is left out. */
  none?: string;
  promotions: Promotion[];
};

function Group(props: GroupOfPromotions & { onChanged: () => void }) {
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
