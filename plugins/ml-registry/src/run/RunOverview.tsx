import type { Run } from '@downstage/plugin-ml-registry-common';
import { CodeBlock, formatNumber, PlainTable, Section } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex } from '@backstage/ui';
import { lastValues } from '../shared/domain/lastValues';
import { orderMetrics } from '../shared/domain/orderMetrics';
import { isSystemMetric } from '../series/seriesView';
import { useTrackingUri } from '../shared/hooks/useTrackingUri';
import { mlRegistryTranslationRef } from '../shared/translation';
import { DatasetLinks } from '../shared/Lineage';
import { RunFacts } from './RunFacts';
import { FoundTable } from './FoundTable';
import { RunFamily } from './RunFamily';
import { RunModels } from './RunModels';
import { RunNote } from './RunNote';

/** What a run was, at a glance: facts, note, params, metrics, data sets, models, tags, code. */
export function RunOverview(props: { run: Run; onChanged: () => void }) {
  const { run, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const trackingUri = useTrackingUri();
  return (
    <Flex direction="column" gap="4">
      <Section title={t('run.details')}>
        <RunFacts run={run} />
      </Section>
      <RunFamily run={run} />
      <RunNote run={run} onChanged={onChanged} />
      <div
        style={{
          display: 'grid',
          gap: 16,
          gridTemplateColumns:
            'repeat(auto-fit, minmax(min(360px, 100%), 1fr))',
        }}
      >
        <Section title={t('versions.params')}>
          <FoundTable
            caption={t('versions.params')}
            columns={[t('run.param'), t('run.value')]}
            empty={t('versions.noParams')}
            rows={rows(run.params)}
          />
        </Section>
        <Section title={t('runs.metrics')}>
          <FoundTable
            caption={t('runs.metrics')}
            columns={[t('run.metric'), t('run.last')]}
            empty={t('run.noMetrics')}
            rows={orderMetrics(lastValues(run))
              .filter(([name]) => !isSystemMetric(name))
              .map(([name, value]) => ({ name, text: formatNumber(value) }))}
          />
        </Section>
      </div>
      <Section title={t('run.datasets')}>
        <PlainTable
          caption={t('run.datasets')}
          columns={[t('versions.column'), t('run.digest'), t('run.context')]}
          empty={t('run.noDatasets')}
          rows={run.datasets.map(dataset => ({
            key: `${dataset.name} ${dataset.digest}`,
            cells: [
              <DatasetLinks key="name" datasets={[dataset]} />,
              dataset.digest,
              dataset.context ?? '–',
            ],
          }))}
        />
      </Section>
      <Section title={t('runDetail.models')}>
        <RunModels runId={run.runId} />
      </Section>
      <Section title={t('versions.tags')}>
        <FoundTable
          caption={t('versions.tags')}
          columns={[t('run.tag'), t('run.value')]}
          empty={t('versions.noTags')}
          rows={rows(run.tags).filter(
            ({ name }) => name !== 'mlflow.note.content',
          )}
        />
      </Section>
      <Section title={t('runDetail.loadRun')}>
        <CodeBlock
          code={`import mlflow\n\nmlflow.set_tracking_uri("${trackingUri}")\nrun = mlflow.get_run("${run.runId}")\nfiles = mlflow.artifacts.download_artifacts(run_id="${run.runId}")`}
        />
      </Section>
    </Flex>
  );
}

function rows(values: Record<string, string>) {
  return Object.entries(values)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, text]) => ({ name, text }));
}
