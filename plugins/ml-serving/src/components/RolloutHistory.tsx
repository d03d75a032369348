import {
  endpointChangedTopicName,
  type Endpoint,
  type Rollout,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import {
  Frame,
  NamedText,
  Pager,
  StatusBadge,
  Time,
  usePages,
  Wide,
  type Tone,
} from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  Flex,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { mlServingApiRef } from '../api';
import { mlServingTranslationRef } from '../translation';
import { formatShare } from './formatShare';

type Row = Rollout & { id: string };

const tones: Record<Rollout['state'], Tone> = {
  running: 'running',
  succeeded: 'ok',
  failed: 'error',
  superseded: 'neutral',
};

/** The changes of what answers behind an endpoint: when, who, from what to what, and how each ended. */
export function RolloutHistory(props: { endpoint: Endpoint }) {
  const { namespace, name } = props.endpoint;
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const rollouts = usePages(
    (cursor, signal) =>
      api.listRollouts(
        { params: { namespace, name }, query: { cursor, limit: 10 } },
        { signal },
      ),
    [api, namespace, name],
    { channel: endpointChangedTopicName },
  );
  return (
    <Frame
      value={rollouts}
      isEmpty={({ items }) => items.length === 0}
      empty={{
        title: t('rollouts.emptyTitle'),
        description: t('rollouts.emptyText'),
      }}
    >
      {({ items }) => (
        <Flex direction="column" gap="3">
          <Rollouts rollouts={items} />
          <Pager pages={rollouts} />
        </Flex>
      )}
    </Frame>
  );
}

function Rollouts(props: { rollouts: readonly Rollout[] }) {
  const { t } = useTranslationRef(mlServingTranslationRef);
  const inWords = (variants: readonly ServedVariant[]) =>
    variants
      .map(({ name, version, weight, mode }) =>
        variants.length === 1
          ? t('rollouts.version', { version: String(version) })
          : t(mode === 'shadow' ? 'rollouts.shadow' : 'rollouts.share', {
              name,
              version: String(version),
              share: formatShare(weight),
            }),
      )
      .join(', ') || t('rollouts.nothing');
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'change',
      label: t('rollouts.change'),
      isRowHeader: true,
      cell: ({ from, to }) => (
        <Cell>
          <Text>{`${inWords(from)} → ${inWords(to)}`}</Text>
        </Cell>
      ),
    },
    {
      id: 'state',
      label: t('rollouts.state'),
      cell: ({ state }) => (
        <Cell>
          <StatusBadge tone={tones[state]} label={t(`rollouts.is.${state}`)} />
        </Cell>
      ),
    },
    {
      id: 'who',
      label: t('rollouts.who'),
      cell: ({ startedBy }) => (
        <Cell>
          <Text>
            {startedBy === undefined ? (
              t('rollouts.unknown')
            ) : (
              <NamedText text={startedBy} />
            )}
          </Text>
        </Cell>
      ),
    },
    {
      id: 'when',
      label: t('rollouts.when'),
      cell: ({ startedAt }) => (
        <Cell>
          <Time at={startedAt} />
        </Cell>
      ),
    },
    {
      id: 'message',
      label: t('rollouts.message'),
      defaultWidth: '2fr',
      cell: ({ message }) => (
        <Cell>
          <Text color="secondary">{message}</Text>
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: props.rollouts.map(one => ({ ...one, id: String(one.number) })),
    // The server pages.
    paginationOptions: { type: 'none' },
  });
  return (
    <Wide width={760}>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}
