import { shownNameOf } from '@downstage/common';
import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type {
  Model,
  VersionSummary,
} from '@downstage/plugin-ml-registry-common';
import {
  ListTable,
  StatusBadge,
  Time,
  Wide,
  type ListColumn,
  type ModelHealth,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, Text } from '@backstage/ui';
import { useEvaluations } from '../shared/hooks/useEvaluations';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { MetricText } from '../shared/MetricText';
import { Person } from '../shared/Person';
import { StageBadge } from '../shared/StageBadge';

/** Models with what is in production, what is about to be, and what waits. */
export function ModelsTable(props: {
  models: readonly Model[];
  /** Left out when nothing installed knows how models fare. */
  healthOf?: (modelRef: string) => ModelHealth[];
  onClaim: (name: string) => void;
}) {
  const { models, healthOf, onClaim } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const evaluations = useEvaluations(
    models.filter(model => model.hasEntity).map(model => model.ref),
  );
  const columns: ListColumn<Model>[] = [
    {
      id: 'name',
      label: t('models.name'),
      isRowHeader: true,
      share: 2,
      cell: model => (
        <Flex direction="column" gap="1">
          {model.hasEntity ? (
            <Link href={paths.entity(model.ref, 'versions')} weight="bold">
              {model.title ?? shownNameOf(model)}
            </Link>
          ) : (
            <Text weight="bold">{shownNameOf(model)}</Text>
          )}
          <Text color="secondary" variant="body-small" truncate>
            {model.hasEntity ? model.description : t('models.noEntity')}
          </Text>
          {model.catalogConflict && (
            <StatusBadge tone="warning" label={t('ownership.badge')} />
          )}
          {model.risk === 'high' && (
            <StatusBadge tone="warning" label={t('models.highRisk')} />
          )}
        </Flex>
      ),
    },
    {
      id: 'owner',
      label: t('models.owner'),
      share: 1.2,
      cell: model =>
        model.owner ? (
          <Person entityRef={model.owner} />
        ) : (
          <Flex direction="column" gap="1" align="start">
            <Text color="secondary">{t('models.unowned')}</Text>
            <Button
              size="small"
              variant="secondary"
              aria-label={t('claim.open', { name: shownNameOf(model) })}
              onPress={() => onClaim(shownNameOf(model))}
            >
              {t('claim.confirm')}
            </Button>
          </Flex>
        ),
    },
    {
      id: 'production',
      label: t('models.production'),
      share: 1.4,
      cell: model => (
        <VersionLine
          model={model}
          version={model.production}
          evaluation={evaluations.get(model.ref)}
          absent={t('models.noneInProduction')}
        />
      ),
    },
    ...(healthOf
      ? [
          {
            id: 'health',
            label: t('models.health'),
            share: 1.5,
            cell: (model: Model) => <Health health={healthOf(model.ref)} />,
          },
        ]
      : []),
    {
      id: 'next',
      label: t('models.next'),
      cell: model => (
        <VersionLine
          model={model}
          version={model.candidate ?? model.staging}
          withStage
          evaluation={evaluations.get(model.ref)}
          absent="–"
        />
      ),
    },
    {
      id: 'versions',
      label: t('models.versions'),
      share: 0.8,
      cell: model => (
        <Text as="p" truncate title={String(model.versionCount)}>
          {String(model.versionCount)}
        </Text>
      ),
    },
    {
      id: 'waiting',
      label: t('models.waiting'),
      cell: model =>
        model.pendingPromotions > 0 ? (
          <StatusBadge
            tone="warning"
            label={t('models.waitingCount', {
              count: model.pendingPromotions,
            })}
          />
        ) : (
          '–'
        ),
    },
    {
      id: 'updated',
      label: t('models.updated'),
      cell: model => <Time at={model.updatedAt} />,
    },
  ];
  return (
    <Wide width={1150}>
      <ListTable
        label={t('nav.models')}
        columns={columns}
        items={models}
        keyOf={({ ref }) => ref}
      />
    </Wide>
  );
}

function Health(props: { health: ModelHealth[] }) {
  if (props.health.length === 0) return <Text color="secondary">–</Text>;
  return (
    <Flex direction="column" gap="1">
      {props.health.map(({ tone, label, href }) => (
        <Link key={href} href={href} variant="body-small">
          <StatusBadge tone={tone} label={label} />
        </Link>
      ))}
    </Flex>
  );
}

function VersionLine(props: {
  model: Model;
  version: VersionSummary | undefined;
  evaluation: ModelEvaluation | undefined;
  absent: string;
  /** For a column of versions in more than one stage. */
  withStage?: boolean;
}) {
  const { model, version, evaluation, absent, withStage } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (!version) return <Text color="secondary">{absent}</Text>;
  const label = `v${version.version}`;
  return (
    <Flex direction="column" gap="1">
      {model.hasEntity ? (
        <Link href={paths.version(model.ref, version.version)}>{label}</Link>
      ) : (
        label
      )}
      {withStage && <StageBadge stage={version.stage} />}
      {version.breakGlass && (
        <StatusBadge
          tone="error"
          label={t('governance.glassShort')}
          title={t('governance.glassBy', {
            by: version.breakGlass.by,
            reason: version.breakGlass.reason,
          })}
        />
      )}
      <Text color="secondary" variant="body-small">
        <MetricText metrics={version.metrics} evaluation={evaluation} />
      </Text>
    </Flex>
  );
}
