import type { Signal } from '@downstage/plugin-ml-monitoring-common';
import { formatNumber, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  CellText,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { mlMonitoringTranslationRef } from '../translation';
import { MonitorStatus } from './MonitorStatus';

type Row = Signal & { id: string };

/** What a detector measured in a window, with its limits and why. */
export function SignalsTable(props: {
  kind: string;
  signals: readonly Signal[];
}) {
  const { kind, signals } = props;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'name',
      label: t('signals.name'),
      isRowHeader: true,
      cell: signal => <CellText title={signal.name} />,
    },
    {
      id: 'value',
      label: t('signals.value'),
      defaultWidth: '1.5fr',
      cell: ({ value, unit }) => (
        <Cell>
          {/* Units are words: they go on in a second line where a CellText cuts them off. */}
          <Text>
            {value === undefined ? '–' : `${formatNumber(value)} ${unit}`}
          </Text>
        </Cell>
      ),
    },
    {
      id: 'limits',
      label: t('signals.limits'),
      cell: ({ thresholds }) => (
        <CellText
          title={
            thresholds
              ? `${formatNumber(thresholds.warning)} / ${formatNumber(
                  thresholds.drift,
                )}`
              : '–'
          }
        />
      ),
    },
    {
      id: 'state',
      label: t('signals.state'),
      defaultWidth: '1.5fr',
      cell: ({ state }) => (
        <Cell>
          <MonitorStatus status={state} kind={kind} />
        </Cell>
      ),
    },
    {
      id: 'why',
      label: t('signals.why'),
      defaultWidth: '3fr',
      cell: ({ message }) => (
        <Cell>
          <Text title={message}>{message}</Text>
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: signals.map(signal => ({ ...signal, id: signal.name })),
    paginationOptions: { type: 'none' },
  });
  return (
    <Wide width={960}>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}
