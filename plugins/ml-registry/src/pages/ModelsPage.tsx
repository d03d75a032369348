import { useState } from 'react';
import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import { Frame, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  ButtonLink,
  Flex,
  SearchField,
  Text,
  ToggleButton,
  ToggleButtonGroup,
} from '@backstage/ui';
import { ModelsTable } from '../components/ModelsTable';
import { SnippetRegister } from '../components/SnippetRegister';
import {
  filterModels,
  modelFilters,
  type ModelFilter,
} from '../domain/filterModels';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

const filterWords = {
  all: 'models.filterAll',
  production: 'models.filterProduction',
  candidate: 'models.filterCandidate',
  none: 'models.filterNone',
  waiting: 'models.filterWaiting',
} as const;

/** All models: what is in production, what is about to be, and what waits for somebody. */
export function ModelsPage() {
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<ModelFilter>('all');
  const models = useLoad(
    signal => api.listModels({ query: { limit: 500 } }, { signal }),
    [api],
    {
      channel: [
        mlRegistryTopics.stageChanged,
        mlRegistryTopics.promotionChanged,
      ],
    },
  );

  return (
    <RegistryFrame
      tab="models"
      title={t('nav.models')}
      description={t('models.description')}
    >
      <Frame
        value={models}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('models.emptyTitle'),
          description: t('models.emptyText'),
          action: (
            <Flex direction="column" gap="4">
              <SnippetRegister />
              <Flex>
                <ButtonLink href="/create" variant="primary">
                  {t('models.emptyAction')}
                </ButtonLink>
              </Flex>
            </Flex>
          ),
        }}
      >
        {({ items, nextCursor }) => {
          const shown = filterModels(items, { filter, search });
          return (
            <Flex direction="column" gap="4">
              <Flex gap="4" align="center" style={{ flexWrap: 'wrap' }}>
                <SearchField
                  aria-label={t('models.search')}
                  placeholder={t('models.search')}
                  size="small"
                  value={search}
                  onChange={setSearch}
                />
                <ToggleButtonGroup
                  aria-label={t('models.filter')}
                  selectionMode="single"
                  disallowEmptySelection
                  selectedKeys={[filter]}
                  onSelectionChange={keys => {
                    const [key] = keys;
                    setFilter(modelFilters.find(id => id === key) ?? 'all');
                  }}
                >
                  {modelFilters.map(id => (
                    <ToggleButton key={id} id={id}>
                      {t(filterWords[id])}
                    </ToggleButton>
                  ))}
                </ToggleButtonGroup>
              </Flex>
              {nextCursor && (
                <Alert
                  status="info"
                  title={t('models.more', { shown: String(items.length) })}
                />
              )}
              {shown.length > 0 ? (
                <ModelsTable models={shown} />
              ) : (
                <div role="status">
                  <Text as="h3" variant="title-x-small">
                    {t('models.noMatch')}
                  </Text>
                  <Text color="secondary">{t('models.noMatchHint')}</Text>
                </div>
              )}
            </Flex>
          );
        }}
      </Frame>
    </RegistryFrame>
  );
}
