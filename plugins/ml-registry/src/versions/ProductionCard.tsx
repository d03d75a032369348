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
import { ButtonLink, Flex, Link } from '@backstage/ui';
import { CatalogConflictAlert } from '../components/CatalogConflictAlert';
import { GateSummary } from '../components/GateList';
import { StageBadge } from '../components/StageBadge';
import { evaluationOf } from '../domain/evaluationOf';
import { orderMetrics } from '../domain/orderMetrics';
import { orWhenNotFound } from '../hooks/orWhenNotFound';
import { useRegistry } from '../hooks/useRegistry';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';

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
    </Section>
  );
}
