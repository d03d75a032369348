import { useState } from 'react';
import {
  mlRegistryTopics,
  type ModelVersion,
} from '@downstage/plugin-ml-registry-common';
import {
  Frame,
  Pager,
  useLoad,
  useModelEntity,
  useOwns,
  usePages,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { RiArrowGoBackLine } from '@remixicon/react';
import { useSearchParams } from 'react-router-dom';
import { CatalogConflictAlert } from '../components/CatalogConflictAlert';
import { History } from '../components/History';
import { PromotionCard } from '../components/PromotionCard';
import { RollbackDialog } from '../components/RollbackDialog';
import { SnippetRegister } from '../components/SnippetRegister';
import { VersionDetail } from '../components/VersionDetail';
import { VersionsTable } from '../components/VersionsTable';
import { evaluationOf } from '../domain/evaluationOf';
import { isOpen } from '../domain/stages';
import { orWhenNotFound } from '../hooks/orWhenNotFound';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';

const pageSize = 50;
const channel = [
  mlRegistryTopics.promotionChanged,
  mlRegistryTopics.stageChanged,
];

/**
 * The tab of a Model with its versions, open promotions, rollback and history. The address says what is shown:
 * `?version=7` one version, `&promotion=<id>` the promotion that a link or notification meant.
 */
export function VersionsContent() {
  const { entity, ref, namespace, name, owner } = useModelEntity();
  const evaluation = evaluationOf(entity);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [search, setSearch] = useSearchParams();
  const [rollingBack, setRollingBack] = useState(false);
  const promotionId = search.get('promotion') ?? undefined;

  const loaded = useLoad(
    async signal => {
      const params = { namespace, name };
      const model = await orWhenNotFound(
        api.getModel({ params }, { signal }),
        undefined,
      );
      if (!model) return { named: [], promotions: [] };
      const { items: promotions } = await api.listPromotions(
        { query: { model: ref } },
        { signal },
      );
      const asked =
        Number(search.get('version')) ||
        promotions.find(({ id }) => id === promotionId)?.version;
      // These are shown wherever in the list they stand.
      const numbers = new Set([asked, model.production?.version]);
      const named = await Promise.all(
        [...numbers].flatMap(version =>
          version
            ? [
                orWhenNotFound(
                  api.getModelVersion(
                    { params: { ...params, version } },
                    { signal },
                  ),
                  undefined,
                ),
              ]
            : [],
        ),
      );
      return { model, named, promotions };
    },
    [api, ref, search.get('version'), promotionId],
    { channel },
  );
  const page = usePages(
    (cursor, signal) =>
      orWhenNotFound(
        api.listModelVersions(
          {
            params: { namespace, name },
            query: { limit: pageSize, ...(cursor && { cursor }) },
          },
          { signal },
        ),
        { items: [] },
      ),
    [api, ref],
    { channel },
  );
  const refetch = () => {
    loaded.retry();
    page.retry();
  };

  // The registry's owner counts, also where a file in the catalog names another.
  const owns = useOwns(loaded.value?.model?.owner ?? owner);
  const chosen =
    Number(search.get('version')) ||
    loaded.value?.promotions.find(({ id }) => id === promotionId)?.version;

  return (
    <Frame
      value={page}
      isEmpty={({ items }) => items.length === 0}
      empty={{
        title: t('versions.emptyTitle'),
        description: t('versions.emptyText'),
        action: <SnippetRegister modelName={name} />,
      }}
    >
      {({ items }) => (
        <Frame value={loaded}>{facts => shown(items, facts)}</Frame>
      )}
    </Frame>
  );

  function shown(
    items: readonly ModelVersion[],
    { model, named, promotions }: NonNullable<typeof loaded.value>,
  ) {
    const versions = withNamed(items, named);
    const version = versions.find(item => item.version === chosen);
    if (version) {
      return (
        <VersionDetail
          version={version}
          versions={versions}
          evaluation={evaluation}
          mayPromote={owns}
          promotions={promotions.filter(
            promotion =>
              promotion.version === version.version &&
              (isOpen(promotion) || promotion.id === promotionId),
          )}
          onBack={() => setSearch({})}
          onChanged={refetch}
          onRequested={id => {
            refetch();
            setSearch({ version: String(version.version), promotion: id });
          }}
        />
      );
    }
    const production = model?.production;
    return (
      <Flex direction="column" gap="4">
        <CatalogConflictAlert model={model} onChanged={refetch} />
        {search.get('version') && (
          <Alert
            status="warning"
            title={t('versions.missing', {
              version: search.get('version') ?? '',
            })}
          />
        )}
        <Flex justify="between" align="center">
          <Text as="h2" variant="title-small">
            {t('versions.title')}
          </Text>
          {owns && production && (
            <Button
              variant="secondary"
              iconStart={<RiArrowGoBackLine />}
              onPress={() => setRollingBack(true)}
            >
              {t('rollback.button')}
            </Button>
          )}
        </Flex>
        {promotions.filter(isOpen).map(promotion => (
          <PromotionCard
            key={promotion.id}
            promotion={promotion}
            evaluation={evaluation}
            onChanged={refetch}
          />
        ))}
        <VersionsTable name={name} versions={items} evaluation={evaluation} />
        <Pager pages={page} />
        <History name={name} />
        {rollingBack && model && production && (
          <RollbackDialog
            model={{ ...model, production }}
            versions={versions}
            onClose={() => setRollingBack(false)}
            onDone={() => {
              setRollingBack(false);
              refetch();
            }}
          />
        )}
      </Flex>
    );
  }
}

/** The versions of the page with those that are shown whatever the page, newest first. */
function withNamed(
  items: readonly ModelVersion[],
  named: readonly (ModelVersion | undefined)[],
): ModelVersion[] {
  const known = new Set(items.map(({ version }) => version));
  const others = named.flatMap(item =>
    item && !known.has(item.version) ? [item] : [],
  );
  return [...items, ...others].sort((a, b) => b.version - a.version);
}
