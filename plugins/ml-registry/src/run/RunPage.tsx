import { Frame, Section, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Flex } from '@backstage/ui';
import { useParams } from 'react-router-dom';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { AddressTabs } from '../shared/AddressTabs';
import { ArtifactBrowser } from '../artifacts/ArtifactBrowser';
import { RunActions } from './RunActions';
import { RunOverview } from './RunOverview';
import { RunSeries } from '../series/RunSeries';
import { lastValues } from '../shared/domain/lastValues';
import { paths } from '../shared/paths';
import { orderMetrics } from '../shared/domain/orderMetrics';
import { isSystemMetric } from '../series/seriesView';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

const tabs = ['overview', 'metrics', 'system', 'artifacts'] as const;

/** One run: what went in, how it developed, what came out. The tab, the zoom and how charts are drawn stand in the address. */
export function RunPage() {
  const { runId = '' } = useParams();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const run = useLoad(
    signal => api.getRun({ params: { runId } }, { signal }),
    [api, runId],
  );
  return (
    <RegistryFrame
      tab="runs"
      title={run.value?.name || runId}
      actions={
        run.value && <RunActions run={run.value} onChanged={run.retry} />
      }
    >
      <Frame
        value={run}
        elsewhere={{ href: paths.runs, label: t('runDetail.showAll') }}
      >
        {value => <RunTabs run={value} onChanged={run.retry} />}
      </Frame>
    </RegistryFrame>
  );
}

function RunTabs(props: { run: Run; onChanged: () => void }) {
  const { run, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const names = orderMetrics(lastValues(run)).map(([name]) => name);
  const panels = {
    overview: <RunOverview run={run} onChanged={onChanged} />,
    metrics: (
      <Section title={t('series.model')}>
        <RunSeries
          run={run}
          metrics={names.filter(name => !isSystemMetric(name))}
          empty={t('run.noMetrics')}
        />
      </Section>
    ),
    system: (
      <Section title={t('series.system')}>
        <RunSeries
          run={run}
          metrics={names.filter(isSystemMetric)}
          empty={t('runDetail.noSystem')}
        />
      </Section>
    ),
    artifacts: (
      <Section title={t('artifacts.title')}>
        <ArtifactBrowser
          owner={{ experimentId: run.experimentId, runId: run.runId }}
        />
      </Section>
    ),
  };
  return (
    <Flex direction="column" gap="4">
      {run.deleted && (
        <Alert
          status="warning"
          title={t('runDetail.isDeleted')}
          description={t('runDetail.isDeletedText')}
        />
      )}
      <AddressTabs tabs={tabs} label={each => t(`runDetail.tabs.${each}`)}>
        {each => panels[each]}
      </AddressTabs>
    </Flex>
  );
}
