import type { Window } from '@downstage/plugin-ml-monitoring-common';
import {
  AccessNeeded,
  formatNumber,
  Frame,
  Section,
  useLoad,
} from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { mlMonitoringApiRef } from '../api';
import { useChosen } from '../hooks/useChosen';
import { isNotFound } from '../hooks/useMonitor';
import { mlMonitoringTranslationRef } from '../translation';
import { bySeverity, ColumnsTable } from './ColumnsTable';
import { HistogramPlot } from './HistogramPlot';
import { MonitorStatus } from './MonitorStatus';
import { SignalsTable } from './SignalsTable';

/** One window: its columns, and both histograms of the chosen one. */
export function WindowDetails(props: { id: string }) {
  const { id } = props;
  const api = useApi(mlMonitoringApiRef);
  const { choose } = useChosen();
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const window = useLoad(
    async signal => {
      try {
        return await api.getWindow({ params: { id } }, { signal });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    [id],
    { pollMs: 0 },
  );
  return (
    <Frame
      value={window}
      isEmpty={value => value === null}
      empty={{
        title: t('windows.forgotten'),
        action: (
          <Button
            variant="secondary"
            onPress={() => choose({ window: undefined })}
          >
            {t('windows.latest')}
          </Button>
        ),
      }}
    >
      {value =>
        value &&
        (value.kind === 'drift' && value.status !== 'unknown' ? (
          <Columns window={value} />
        ) : (
          <Signals window={value} />
        ))
      }
    </Frame>
  );
}

function Signals(props: { window: Window }) {
  const { window } = props;
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  return (
    <Section
      title={t('signals.title')}
      actions={<MonitorStatus status={window.status} kind={window.kind} />}
    >
      <Flex direction="column" gap="3">
        <Text>{window.message}</Text>
        <Text color="secondary" variant="body-small">
          {t('signals.caption', {
            rows: formatNumber(window.rows),
            from: moment(window.from),
            to: moment(window.to),
          })}
        </Text>
        {window.signals.length > 0 && (
          <SignalsTable kind={window.kind} signals={window.signals} />
        )}
      </Flex>
    </Section>
  );
}

function moment(at?: string): string {
  return at ? new Date(at).toLocaleString() : '–';
}

function Columns(props: { window: Window }) {
  const { window } = props;
  const { column, href } = useChosen();
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const shown =
    window.columns.find(({ name }) => name === column) ??
    [...window.columns].sort(bySeverity)[0];
  return (
    <>
      {shown && (
        <Section title={t('histogram.title', { name: shown.name })}>
          {window.withheld ? (
            <AccessNeeded
              reason={window.withheld}
              dataset={window.withheldDataset}
            />
          ) : (
            <HistogramPlot column={shown} />
          )}
        </Section>
      )}
      <Section
        title={t('columns.title')}
        actions={<MonitorStatus status={window.status} />}
      >
        <Flex direction="column" gap="3">
          <Text>{window.message}</Text>
          <Text color="secondary" variant="body-small">
            {t('columns.caption', {
              rows: formatNumber(window.rows),
              from: moment(window.from),
              to: moment(window.to),
              epsilon: String(window.epsilon),
            })}
          </Text>
          {window.columns.length ? (
            <ColumnsTable
              columns={window.columns}
              hrefOf={({ name }) => href({ window: window.id, column: name })}
            />
          ) : (
            <Text>{t('columns.emptyText')}</Text>
          )}
        </Flex>
      </Section>
    </>
  );
}
