import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import {
  Facts,
  formatNumber,
  Frame,
  Section,
  Time,
  useLoad,
  useModelEntity,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex, Link, Text } from '@backstage/ui';
import { CatalogConflictAlert } from './CatalogConflictAlert';
import { GateSummary } from '../promotions/GateList';
import { StageBadge } from '../shared/StageBadge';
import { evaluationOf } from '../shared/domain/evaluationOf';
import { orderMetrics } from '../shared/domain/orderMetrics';
import { orWhenNotFound } from '../shared/hooks/orWhenNotFound';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

/** On the overview of a Model: the version in production, its gates and its metrics. */
export function ProductionCard() {
  const { entity, ref, namespace, name } = useModelEntity();
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const production = useLoad(
    async signal => {
      const model = await orWhenNotFound(
        api.getModel({ params: { namespace, name } }, { signal }),
        undefined,
      );
      if (!model?.production) return { model };
      const version = await api.getModelVersion(
        { params: { namespace, name, version: model.production.version } },
        { signal },
      );
      return { model, version };
    },
    [api, ref],
    { pollMs: 30_000, channel: mlRegistryTopics.stageChanged },
  );
  const next =
    production.value?.model?.candidate ?? production.value?.model?.staging;
  const first = evaluationOf(entity)?.primaryMetric?.name;
  return (
    <Section title={t('cards.production')}>
      <CatalogConflictAlert
        model={production.value?.model}
        onChanged={production.retry}
      />
      <Frame
        value={production}
        isEmpty={({ version }) => !version}
        empty={{
          title: t('cards.noneTitle'),
          description: t('cards.noneText'),
          action: (
            <ButtonLink
              variant="secondary"
              href={paths.entity(ref, 'versions')}
            >
              {t('cards.toVersions')}
            </ButtonLink>
          ),
        }}
      >
        {({ version }) =>
          version && (
            <Flex direction="column" gap="4">
              <Flex gap="3" align="center">
                <Link weight="bold" href={paths.version(ref, version.version)}>
                  {t('versions.heading', { version: String(version.version) })}
                </Link>
                <StageBadge stage={version.stage} />
                <GateSummary gates={version.gates} />
              </Flex>
              <Facts
                facts={[
                  ...orderMetrics(version.metrics, first)
                    .slice(0, 5)
                    .map(([label, value]) => ({
                      label,
                      value: formatNumber(value),
                    })),
                  {
                    label: t('cards.since'),
                    value: <Time at={version.createdAt} />,
                  },
                ]}
              />
            </Flex>
          )
        }
      </Frame>
      {next && (
        <Flex gap="3" align="center" mt="4">
          <Text color="secondary">{t('cards.next')}</Text>
          <Link href={paths.version(ref, next.version)}>
            {t('versions.heading', { version: String(next.version) })}
          </Link>
          <StageBadge stage={next.stage} />
        </Flex>
      )}
    </Section>
  );
}
