import {
  cardFieldNames,
  type ModelCard,
} from '@downstage/plugin-ml-registry-common';
import { Time } from '@downstage/react';
import { MarkdownContent } from '@backstage/core-components';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Text } from '@backstage/ui';
import { mlRegistryTranslationRef } from '../../shared/translation';
import { EntityLink, Person } from '../../shared/Person';

/** What people wrote, rendered; empty fields are left out. */
export function DeclaredCardView({ card }: { card: ModelCard }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { declared, saved, proposedFrom } = card;
  const filled = cardFieldNames.filter(field => declared[field]);
  return (
    <Flex direction="column" gap="4">
      {proposedFrom && (
        <Alert
          status="info"
          title={t('card.proposal')}
          description={
            <>
              {t('card.proposedFrom')} <EntityLink entityRef={proposedFrom} />
            </>
          }
        />
      )}
      {filled.length === 0 && !declared.body && (
        <Flex direction="column" gap="1">
          <Text weight="bold">{t('card.nothing')}</Text>
          <Text color="secondary">{t('card.nothingText')}</Text>
        </Flex>
      )}
      {filled.map(field => (
        <div key={field}>
          <Text as="h4" weight="bold">
            {t(`card.fields.${field}`)}
          </Text>
          <MarkdownContent content={declared[field] ?? ''} />
        </div>
      ))}
      {declared.body && <MarkdownContent content={declared.body} />}
      {saved && (
        <Text color="secondary" variant="body-small">
          {t('card.savedBy')} <Time at={saved.at} />,{' '}
          <Person entityRef={saved.by} />
        </Text>
      )}
    </Flex>
  );
}
