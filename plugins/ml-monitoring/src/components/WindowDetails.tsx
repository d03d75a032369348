import type { Window } from '@downstage/plugin-ml-monitoring-common';
import { formatNumber, Frame, Section, useLoad } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text } from '@backstage/ui';
import { mlMonitoringApiRef } from '../api';
import { useChosen } from '../hooks/useChosen';
import { isNotFound } from '../hooks/useMonitor';
import { mlMonitoringTranslationRef } from '../translation';
import { bySeverity, ColumnsTable } from './ColumnsTable';
import { HistogramPlot } from './HistogramPlot';
import { MonitorStatus } from './MonitorStatus';

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
      {value => value && <Columns window={value} />}
    </Frame>
  );
}

function Columns(props: { window: Window }) {
  const { window } = props;
  const { column, href } = useChosen();
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const moment = (at?: string) => (at ? new Date(at).toLocaleString() : '–');
  const shown =
    window.columns.find(({ name }) => name === column) ??
    [...window.columns].sort(bySeverity)[0];
  return (
    <>
      {shown && (
        <Section title={t('histogram.title', { name: shown.name })}>
          <HistogramPlot column={shown} />
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
