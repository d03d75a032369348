import { useState } from 'react';
import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import { Frame, useLoad, useModelEntity, useOwns } from '@downstage/react';
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

  const loaded = useLoad(
    async signal => {
      const params = { namespace, name };
      const model = await orWhenNotFound(
        api.getModel({ params }, { signal }),
        undefined,
      );
      if (!model) return { versions: [], promotions: [] };
      const [versions, promotions] = await Promise.all([
        api.listModelVersions({ params }, { signal }),
        api.listPromotions({ query: { model: ref } }, { signal }),
      ]);
      return { model, versions: versions.items, promotions: promotions.items };
    },
    [api, ref],
    {
      channel: [
        mlRegistryTopics.promotionChanged,
        mlRegistryTopics.stageChanged,
      ],
    },
  );

  // The registry's owner counts, also where a file in the catalog names another.
  const owns = useOwns(loaded.value?.model?.owner ?? owner);
  const promotionId = search.get('promotion') ?? undefined;
  const chosen =
    Number(search.get('version')) ||
    loaded.value?.promotions.find(({ id }) => id === promotionId)?.version;

  return (
    <Frame
      value={loaded}
      isEmpty={({ versions }) => versions.length === 0}
      empty={{
        title: t('versions.emptyTitle'),
        description: t('versions.emptyText'),
        action: <SnippetRegister modelName={name} />,
      }}
    >
      {({ model, versions, promotions }) => {
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
              onChanged={loaded.retry}
              onRequested={id => {
                loaded.retry();
                setSearch({ version: String(version.version), promotion: id });
              }}
            />
          );
        }
        const production = model?.production;
        return (
          <Flex direction="column" gap="4">
            <CatalogConflictAlert model={model} onChanged={loaded.retry} />
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
                onChanged={loaded.retry}
              />
            ))}
            <VersionsTable
              name={name}
              versions={versions}
              evaluation={evaluation}
            />
            <History name={name} />
            {rollingBack && model && production && (
              <RollbackDialog
                model={{ ...model, production }}
                versions={versions}
                onClose={() => setRollingBack(false)}
                onDone={() => {
                  setRollingBack(false);
                  loaded.retry();
                }}
              />
            )}
          </Flex>
        );
      }}
    </Frame>
  );
}
