import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { CopyButton, Time, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import {
  Cell,
  CellText,
  Flex,
  Link,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { mlServingTranslationRef } from '../translation';
import { EndpointState } from './EndpointState';

type Row = Endpoint & { id: string };

/** Endpoints with the version that answers and the address to call. */
export function EndpointsTable(props: { endpoints: readonly Endpoint[] }) {
  const { t } = useTranslationRef(mlServingTranslationRef);
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'name',
      label: t('list.name'),
      isRowHeader: true,
      cell: endpoint => (
        <Cell>
          <Link href={`/endpoints/${endpoint.ref}`} weight="bold">
            {endpoint.name}
          </Link>
        </Cell>
      ),
    },
    {
      id: 'state',
      label: t('list.state'),
      cell: endpoint => (
        <Cell>
          <EndpointState endpoint={endpoint} />
        </Cell>
      ),
    },
    {
      id: 'version',
      label: t('list.version'),
      cell: endpoint => (
        <CellText
          title={
            endpoint.variants
              .map(({ variant, version }) => `${variant}: version ${version}`)
              .join(', ') || t('list.noVersion')
          }
        />
      ),
    },
    {
      id: 'owner',
      label: t('list.owner'),
      cell: endpoint => (
        <Cell>
          <EntityDisplayName entityRef={endpoint.owner} />
        </Cell>
      ),
    },
    {
      id: 'address',
      label: t('list.address'),
      defaultWidth: '2fr',
      cell: endpoint => (
        <Cell>
          <Flex align="center" gap="1">
            <Text truncate>{endpoint.url}</Text>
            <CopyButton text={endpoint.url} />
          </Flex>
        </Cell>
      ),
    },
    {
      id: 'created',
      label: t('list.created'),
      cell: endpoint => (
        <Cell>
          <Time at={endpoint.createdAt} />
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: props.endpoints.map(endpoint => ({ ...endpoint, id: endpoint.ref })),
    // The server pages.
    paginationOptions: { type: 'none' },
  });
  return (
    <Wide>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}
