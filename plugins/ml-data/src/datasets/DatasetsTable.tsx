import { useMemo } from 'react';
import {
  Cell,
  CellText,
  Link,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import type { Dataset } from '@downstage/plugin-ml-data-common';
import { formatNumber, Wide } from '@downstage/react';
import { useWords } from '../shared/useWords';
import { paths } from '../shared/paths';
import { FreshnessBadge } from './FreshnessBadge';

type Row = Dataset & { id: string };

/** Datasets of the catalog. */
export function DatasetsTable(props: { datasets: Dataset[] }) {
  const t = useWords();
  const rows = useMemo(
    () => props.datasets.map(item => ({ ...item, id: item.ref })),
    [props.datasets],
  );
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: rows,
    paginationOptions: { pageSize: 20 },
  });
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'name',
      label: t('datasets.name'),
      isRowHeader: true,
      cell: item => (
        <Cell>
          <Link href={paths.entity(item.ref)}>{item.title ?? item.name}</Link>
        </Cell>
      ),
    },
    {
      id: 'owner',
      label: t('datasets.owner'),
      cell: item => (
        <Cell>
          {item.owner ? <EntityRefLink entityRef={item.owner} /> : '–'}
        </Cell>
      ),
    },
    {
      id: 'latest',
      label: t('datasets.latest'),
      cell: item => (
        <Cell>
          {item.latest ? (
            <Link href={paths.entity(item.ref, 'versions')}>
              {item.latest.ref}
            </Link>
          ) : (
            t('datasets.noVersion')
          )}
        </Cell>
      ),
    },
    {
      id: 'rows',
      label: t('datasets.rows'),
      cell: item => <CellText title={formatNumber(item.latest?.rows)} />,
    },
    {
      id: 'classification',
      label: t('datasets.classification'),
      cell: item => <CellText title={item.classification ?? '–'} />,
    },
    {
      id: 'freshness',
      label: t('datasets.freshness'),
      cell: item => (
        <Cell>
          {item.latest ? (
            <FreshnessBadge
              createdAt={item.latest.createdAt}
              maxAge={item.maxAge}
            />
          ) : (
            '–'
          )}
        </Cell>
      ),
    },
  ];
  return (
    <Wide>
      <Table
        columnConfig={columns}
        emptyState={<Text>{t('datasets.noMatch')}</Text>}
        {...tableProps}
      />
    </Wide>
  );
}
