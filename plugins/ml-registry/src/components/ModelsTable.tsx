import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type {
  Model,
  VersionSummary,
} from '@downstage/plugin-ml-registry-common';
import { StatusBadge, Time, Wide, type ModelHealth } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  Cell,
  CellText,
  Flex,
  Link,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { useEvaluations } from '../hooks/useEvaluations';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { MetricText } from './MetricText';
import { Person } from './Person';

type Row = Model & { id: string };

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
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'name',
      label: t('models.name'),
      isRowHeader: true,
      defaultWidth: '2fr',
      cell: model => (
        <Cell>
          <Flex direction="column" gap="1">
            {model.hasEntity ? (
              <Link href={paths.entity(model.ref, 'versions')} weight="bold">
                {model.title ?? model.name}
              </Link>
            ) : (
              <Text weight="bold">{model.name}</Text>
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
        </Cell>
      ),
    },
    {
      id: 'owner',
      label: t('models.owner'),
      cell: model => (
        <Cell>
          {model.owner ? (
            <Person entityRef={model.owner} />
          ) : (
            <Flex direction="column" gap="1" align="start">
              <Text color="secondary">{t('models.unowned')}</Text>
              <Button
                size="small"
                variant="secondary"
                aria-label={t('claim.open', { name: model.name })}
                onPress={() => onClaim(model.name)}
              >
                {t('claim.confirm')}
              </Button>
            </Flex>
          )}
        </Cell>
      ),
    },
    {
      id: 'production',
      label: t('models.production'),
      defaultWidth: '1.4fr',
      cell: model => (
        <Cell>
          <VersionLine
            model={model}
            version={model.production}
            evaluation={evaluations.get(model.ref)}
            absent={t('models.noneInProduction')}
          />
        </Cell>
      ),
    },
    ...(healthOf
      ? [
          {
            id: 'health',
            label: t('models.health'),
            defaultWidth: '1.5fr' as const,
            cell: (model: Row) => (
              <Cell>
                <Health health={healthOf(model.ref)} />
              </Cell>
            ),
          },
        ]
      : []),
    {
      id: 'candidate',
      label: t('models.candidate'),
      cell: model => (
        <Cell>
          <VersionLine
            model={model}
            version={model.candidate}
            evaluation={evaluations.get(model.ref)}
            absent="–"
          />
        </Cell>
      ),
    },
    {
      id: 'versions',
      label: t('models.versions'),
      defaultWidth: '0.8fr',
      cell: model => <CellText title={String(model.versionCount)} />,
    },
    {
      id: 'waiting',
      label: t('models.waiting'),
      cell: model => (
        <Cell>
          {model.pendingPromotions > 0 ? (
            <StatusBadge
              tone="warning"
              label={t('models.waitingCount', {
                count: model.pendingPromotions,
              })}
            />
          ) : (
            '–'
          )}
        </Cell>
      ),
    },
    {
      id: 'updated',
      label: t('models.updated'),
      cell: model => (
        <Cell>
          <Time at={model.updatedAt} />
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: models.map(model => ({ ...model, id: model.ref })),
    paginationOptions: { type: 'none' },
  });
  return (
    <Wide width={1000}>
      <Table columnConfig={columns} {...tableProps} />
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
}) {
  const { model, version, evaluation, absent } = props;
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
