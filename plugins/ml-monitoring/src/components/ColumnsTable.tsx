import type {
  ColumnDrift,
  Finding,
} from '@downstage/plugin-ml-monitoring-common';
import { formatNumber, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
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
import { RiAlertLine, RiInformationLine } from '@remixicon/react';
import { mlMonitoringTranslationRef } from '../translation';
import { MonitorStatus } from './MonitorStatus';

type Row = ColumnDrift & { id: string };

const severity: Record<ColumnDrift['status'], number> = {
  drift: 0,
  warning: 1,
  unknown: 2,
  insufficient_data: 2,
  no_data: 3,
  ok: 4,
};

/** The worst first: by status, then by PSI. */
export function bySeverity(a: ColumnDrift, b: ColumnDrift): number {
  return (
    severity[a.status] - severity[b.status] || (b.psi ?? -1) - (a.psi ?? -1)
  );
}

/** How far each column moved, and what else is odd about it. */
export function ColumnsTable(props: {
  columns: readonly ColumnDrift[];
  hrefOf: (column: ColumnDrift) => string;
}) {
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const config: ColumnConfig<Row>[] = [
    {
      id: 'column',
      label: t('columns.column'),
      isRowHeader: true,
      defaultWidth: '3fr',
      cell: column => (
        <Cell>
          <Flex direction="column" gap="0.5">
            <Link href={props.hrefOf(column)} weight="bold">
              {column.name}
            </Link>
            <Text color="secondary" variant="body-small">
              {t(`columns.role.${column.role}`)}
            </Text>
          </Flex>
        </Cell>
      ),
    },
    {
      id: 'status',
      label: t('list.status'),
      defaultWidth: '1.7fr',
      cell: column => (
        <Cell>
          <MonitorStatus status={column.status} />
        </Cell>
      ),
    },
    {
      id: 'psi',
      label: t('columns.psi'),
      minWidth: 110,
      cell: column => <CellText title={formatNumber(column.psi)} />,
    },
    {
      id: 'limit',
      label: t('columns.limit'),
      minWidth: 100,
      cell: ({ thresholds }) => (
        <CellText title={`${thresholds.warning} / ${thresholds.drift}`} />
      ),
    },
    {
      id: 'significance',
      label: t('columns.significance'),
      defaultWidth: '2fr',
      cell: column => (
        <Cell>
          {column.psi === undefined ? (
            '–'
          ) : (
            <Flex direction="column" gap="0.5">
              <Text>
                {t(
                  column.significant
                    ? 'columns.significant'
                    : 'columns.notSignificant',
                )}
              </Text>
              <Text color="secondary" variant="body-small">
                {t('columns.chance')}: {formatNumber(column.criticalValue)}
              </Text>
            </Flex>
          )}
        </Cell>
      ),
    },
    {
      id: 'finding',
      label: t('columns.finding'),
      defaultWidth: '3fr',
      cell: column => (
        <Cell>
          <Flex direction="column" gap="1">
            {column.findings.map(finding => (
              <FindingLine key={finding.kind} finding={finding} />
            ))}
            {!column.findings.length && '–'}
          </Flex>
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: [...props.columns]
      .sort(bySeverity)
      .map(column => ({ ...column, id: column.column })),
    paginationOptions: { pageSize: 20 },
  });
  return (
    <Wide width={1120}>
      <Table columnConfig={config} {...tableProps} />
    </Wide>
  );
}

function FindingLine(props: { finding: Finding }) {
  const { finding } = props;
  const Icon = finding.severity === 'warning' ? RiAlertLine : RiInformationLine;
  return (
    <Flex gap="1" align="start">
      <Icon size={16} aria-label={finding.severity} style={{ flexShrink: 0 }} />
      <Text variant="body-small">{finding.message}</Text>
    </Flex>
  );
}
