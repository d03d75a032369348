import { useContext } from 'react';
import { useSearchParams } from 'react-router-dom';
import { Frame, useMe } from '@downstage/react';
import type { Model } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, ButtonLink, Flex, Text } from '@backstage/ui';
import { ClaimDialog } from '../components/ClaimDialog';
import { ModelFilters } from '../components/ModelFilters';
import { ModelsTable } from '../components/ModelsTable';
import { SnippetRegister } from '../components/SnippetRegister';
import { filterModels } from '../domain/filterModels';
import { useAllModels } from '../hooks/useAllModels';
import { useModelFilter } from '../hooks/useModelFilter';
import { ModelHealthSources, useModelHealth } from '../hooks/useModelHealth';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

/** All models: what is in production and how it fares, what is about to be, and what waits for somebody. */
export function ModelsPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const models = useAllModels();
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
        {({ items, complete }) => (
          <ModelList
            models={items}
            complete={complete}
            onChanged={models.retry}
          />
        )}
      </Frame>
    </RegistryFrame>
  );
}

function ModelList(props: {
  models: readonly Model[];
  complete: boolean;
  onChanged: () => void;
}) {
  const { models, complete, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [filter, setFilter] = useModelFilter();
  const healthOf = useModelHealth();
  const hasHealth = useContext(ModelHealthSources).length > 0;
  const ownedThrough = useMe()?.ownershipEntityRefs ?? [];
  const claim = useClaim();
  const claimed = models.find(
    ({ name, owner }) => name === claim.name && !owner,
  );
  const shown = filterModels(models, filter, {
    ownedThrough,
    tonesOf: ref => healthOf(ref).map(({ tone }) => tone),
  });
  const owners = [
    ...new Set(models.flatMap(({ owner }) => (owner ? [owner] : []))),
  ].sort();
  return (
    <Flex direction="column" gap="4">
      <ModelFilters
        filter={filter}
        owners={owners}
        hasHealth={hasHealth}
        onChange={setFilter}
      />
      {!complete && (
        <Alert
          status="info"
          title={t('models.more', { shown: String(models.length) })}
        />
      )}
      {shown.length > 0 ? (
        <ModelsTable
          models={shown}
          healthOf={hasHealth ? healthOf : undefined}
          onClaim={claim.open}
        />
      ) : (
        <div role="status">
          <Text as="h3" variant="title-x-small">
            {t('models.noMatch')}
          </Text>
          <Text color="secondary">{t('models.noMatchHint')}</Text>
        </div>
      )}
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
    </Flex>
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
