import { shownNameOf } from '@downstage/common';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import {
  ListTable,
  type ListColumn,
  CopyButton,
  Time,
  Wide,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import { Flex, Link, Text } from '@backstage/ui';
import { mlServingTranslationRef } from '../translation';
import { EndpointState } from './EndpointState';

/** Endpoints with the version that answers and the address to call. */
export function EndpointsTable(props: { endpoints: readonly Endpoint[] }) {
  const { t } = useTranslationRef(mlServingTranslationRef);
  const columns: ListColumn<Endpoint>[] = [
    {
      id: 'name',
      label: t('list.name'),
      isRowHeader: true,
      share: 1.45,
      cell: endpoint => (
        <Link href={`/endpoints/${endpoint.ref}`} weight="bold">
          {shownNameOf(endpoint)}
        </Link>
      ),
    },
    {
      id: 'state',
      label: t('list.state'),
      cell: endpoint => <EndpointState endpoint={endpoint} />,
    },
    {
      id: 'version',
      label: t('list.version'),
      share: 1.35,
      // Never cut off: it is what somebody on call looks for.
      cell: ({ variants }) => (
        <Flex direction="column" gap="0.5">
          {variants.map(({ variant, version }) => (
            <Text key={variant}>{`${variant}: version ${version}`}</Text>
          ))}
          {variants.length === 0 && t('list.noVersion')}
        </Flex>
      ),
    },
    {
      id: 'owner',
      label: t('list.owner'),
      share: 1.2,
      cell: endpoint => <EntityDisplayName entityRef={endpoint.owner} />,
    },
    {
      id: 'address',
      label: t('list.address'),
      share: 3.5,
      cell: endpoint => (
        <Flex align="center" gap="1">
          <Text truncate>{endpoint.url}</Text>
          <CopyButton text={endpoint.url} />
        </Flex>
      ),
    },
    {
      id: 'created',
      label: t('list.created'),
      cell: endpoint => <Time at={endpoint.createdAt} />,
    },
  ];
  return (
    <Wide width={1180}>
      <ListTable
        label={t('list.title')}
        columns={columns}
        items={props.endpoints}
        keyOf={({ ref }) => ref}
      />
    </Wide>
  );
}
