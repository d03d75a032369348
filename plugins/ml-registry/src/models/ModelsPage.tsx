import { useContext, useEffect, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { Frame, Pager, useLoad, usePages } from '@downstage/react';
import {
  mlRegistryTopics,
  type Model,
} from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex } from '@backstage/ui';
import { ClaimDialog } from '../components/ClaimDialog';
import { ModelFilters } from '../components/ModelFilters';
import { ModelsTable } from '../components/ModelsTable';
import { SnippetRegister } from '../components/SnippetRegister';
import { toQuestion } from '../domain/filterModels';
import { useModelFilter } from '../hooks/useModelFilter';
import {
  ModelHealthSources,
  useModelHealth,
  useTroubledModels,
} from '../hooks/useModelHealth';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

const pageSize = 25;
const channel = [
  mlRegistryTopics.stageChanged,
  mlRegistryTopics.promotionChanged,
];

/** All models: what is in production and how it fares, what is about to be, and what waits for somebody. */
export function ModelsPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const counts = useLoad(
    signal => api.countModels({ query: {} }, { signal }),
    [api],
    { channel },
  );
  return (
    <RegistryFrame
      tab="models"
      title={t('nav.models')}
      description={t('models.description')}
    >
      <Frame
        value={counts}
        isEmpty={({ total }) => total === 0}
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
        {({ owners }) => (
          <ModelList
            owners={owners.map(({ owner }) => owner).sort()}
            onChanged={counts.retry}
          />
        )}
      </Frame>
    </RegistryFrame>
  );
}

function ModelList(props: {
  owners: readonly string[];
  onChanged: () => void;
}) {
  const { owners, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [filter, setFilter] = useModelFilter();
  const hasHealth = useContext(ModelHealthSources).length > 0;
  const troubled = useTroubledModels();
  const question = useLater(JSON.stringify(toQuestion(filter, troubled)));
  const models = usePages(
    (cursor, signal) =>
      api.listModels(
        {
          query: {
            ...JSON.parse(question),
            sort: filter.sort,
            limit: pageSize,
            ...(cursor && { cursor }),
          },
        },
        { signal },
      ),
    [question, filter.sort],
    { channel },
  );
  return (
    <Flex direction="column" gap="4">
      <ModelFilters
        filter={filter}
        owners={owners}
        hasHealth={hasHealth}
        onChange={setFilter}
      />
      <Frame
        value={models}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('models.noMatch'),
          description: t('models.noMatchHint'),
        }}
      >
        {({ items }) => (
          <ShownModels
            models={items}
            hasHealth={hasHealth}
            onChanged={() => {
              models.retry();
              onChanged();
            }}
          />
        )}
      </Frame>
      <Pager pages={models} />
    </Flex>
  );
}

function ShownModels(props: {
  models: readonly Model[];
  hasHealth: boolean;
  onChanged: () => void;
}) {
  const { models, hasHealth, onChanged } = props;
  const healthOf = useModelHealth(models.map(({ ref }) => ref));
  const claim = useClaim();
  const claimed = models.find(
    ({ name, owner }) => name === claim.name && !owner,
  );
  return (
    <>
      <ModelsTable
        models={models}
        healthOf={hasHealth ? healthOf : undefined}
        onClaim={claim.open}
      />
      {claimed && (
        <ClaimDialog
          model={claimed}
          onClose={claim.close}
          onDone={() => {
            claim.close();
            onChanged();
          }}
        />
      )}
    </>
  );
}

/** The text once it has not changed for a moment, so that typing asks the server once a word. */
function useLater(text: string, ms = 200): string {
  const [later, setLater] = useState(text);
  useEffect(() => {
    const timer = setTimeout(setLater, ms, text);
    return () => clearTimeout(timer);
  }, [text, ms]);
  return later;
}

/** Which model is being claimed: `?claim=<name>`, so that other pages can lead here. */
function useClaim() {
  const [params, setParams] = useSearchParams();
  const set = (name?: string) =>
    setParams(
      before => {
        const after = new URLSearchParams(before);
        after.delete('claim');
        if (name) after.set('claim', name);
        return after;
      },
      { replace: true },
    );
  return {
    name: params.get('claim') ?? undefined,
    open: (name: string) => set(name),
    close: () => set(),
  };
}
