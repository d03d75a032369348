import { shownNameOf } from '@downstage/common';
import { useContext } from 'react';
import { useSearchParams } from 'react-router-dom';
import { Frame, Pager, useLoad, usePages, useLater } from '@downstage/react';
import {
  mlRegistryTopics,
  type Model,
  type ModelCounts,
} from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex } from '@backstage/ui';
import { ClaimDialog } from './ClaimDialog';
import { ModelFilters } from './ModelFilters';
import { ModelsTable } from './ModelsTable';
import { SnippetRegister } from '../shared/SnippetRegister';
import { toQuestion } from './filterModels';
import { useModelFilter } from './useModelFilter';
import {
  ModelHealthSources,
  useModelHealth,
  useTroubledModels,
} from './useModelHealth';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

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
      {/* The list does not wait for the counts: only a registry without models is shown otherwise. */}
      {counts.value?.total || (!counts.value && !counts.error) ? (
        <ModelList counts={counts.value} onChanged={counts.retry} />
      ) : (
        <Frame
          value={counts}
          isEmpty={() => true}
          empty={{
            title: t('models.emptyTitle'),
            description: t('models.emptyText'),
            action: <SnippetRegister />,
          }}
        >
          {() => null}
        </Frame>
      )}
    </RegistryFrame>
  );
}

function ModelList(props: {
  counts: ModelCounts | undefined;
  onChanged: () => void;
}) {
  const { counts, onChanged } = props;
  const owners = (counts?.owners ?? []).map(({ owner }) => owner).sort();
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
  // Nothing matches, or there is nothing at all: the counts will say.
  const isUnclear = !counts && models.value?.items.length === 0;
  return (
    <Flex direction="column" gap="4">
      <ModelFilters
        filter={filter}
        owners={owners}
        hasHealth={hasHealth}
        onChange={setFilter}
      />
      <Frame
        value={
          isUnclear ? { ...models, value: undefined, loading: true } : models
        }
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
    model => shownNameOf(model) === claim.name && !model.owner,
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
