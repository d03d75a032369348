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
import { CatalogConflictAlert } from './CatalogConflictAlert';
import { History } from '../ledger/History';
import { PromotionCard } from '../promotions/PromotionCard';
import { RollbackDialog } from '../promotions/RollbackDialog';
import { SnippetRegister } from '../shared/SnippetRegister';
import { VersionDetail } from './VersionDetail';
import { VersionsTable } from './VersionsTable';
import { evaluationOf } from '../shared/domain/evaluationOf';
import { isOpen } from '../shared/domain/stages';
import { orWhenNotFound } from '../shared/hooks/orWhenNotFound';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

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
      const versionOf = async (version: number | undefined) =>
        version
          ? orWhenNotFound(
              api.getModelVersion(
                { params: { ...params, version } },
                { signal },
              ),
              undefined,
            )
          : undefined;
      // Side by side: each of them is a way to the server and back.
      const [model, { items: open }, meant, asked] = await Promise.all([
        orWhenNotFound(api.getModel({ params }, { signal }), undefined),
        orWhenNotFound(
          api.listPromotions(
            { query: { model: ref, state: 'open' } },
            { signal },
          ),
          { items: [] },
        ),
        promotionId
          ? // It may be decided, or by mistake one of another model.
            orWhenNotFound(
              api.getPromotion({ params: { id: promotionId } }, { signal }),
              undefined,
            ).then(found => (found?.modelRef === ref ? found : undefined))
          : undefined,
        versionOf(Number(search.get('version')) || undefined),
      ]);
      if (!model) return { named: [], promotions: [] };
      const promotions = [
        ...open.filter(({ id }) => id !== promotionId),
        ...(meant ? [meant] : []),
      ];
      // These are shown wherever in the list they stand.
      const named = asked ?? (await versionOf(meant?.version));
      return { model, named: named ? [named] : [], promotions };
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
  const chosen =
    Number(search.get('version')) ||
    loaded.value?.promotions.find(({ id }) => id === promotionId)?.version;
  const inProduction = loaded.value?.model?.production?.version;
  // To compare the chosen one with; nothing waits for it. The chosen one itself is loaded already.
  const compared = chosen && inProduction !== chosen ? inProduction : undefined;
  const champion = useLoad(
    async signal =>
      compared
        ? orWhenNotFound(
            api.getModelVersion(
              { params: { namespace, name, version: compared } },
              { signal },
            ),
            undefined,
          )
        : undefined,
    [api, ref, compared],
    { channel },
  );
  const refetch = () => {
    loaded.retry();
    page.retry();
  };

  // The registry's owner counts, also where a file in the catalog names another.
  const owns = useOwns(loaded.value?.model?.owner ?? owner);

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
    const versions = withNamed(items, [...named, champion.value]);
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
    // Nothing to go back to: the button would only lead to a refusal. Versions of other pages are not known here.
    const mayRollBack =
      page.next !== undefined ||
      page.page > 1 ||
      versions.some(({ stage }) => stage === 'archived');
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
          {owns && production && mayRollBack && (
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
  const all = new Map(
    [...named, ...items].flatMap(item => (item ? [[item.version, item]] : [])),
  );
  return [...all.values()].sort((a, b) => b.version - a.version);
}
