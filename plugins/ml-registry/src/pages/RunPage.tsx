import {
  CodeBlock,
  formatNumber,
  Frame,
  PlainTable,
  Section,
  useLoad,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex } from '@backstage/ui';
import { RiExternalLinkLine } from '@remixicon/react';
import { useParams } from 'react-router-dom';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { ArtifactTree } from '../components/ArtifactTree';
import { DatasetLinks } from '../components/Lineage';
import { RunCurves } from '../components/RunCurves';
import { RunFacts } from '../components/RunFacts';
import { orderMetrics } from '../domain/orderMetrics';
import { useRegistry } from '../hooks/useRegistry';
import { useTrackingUri } from '../hooks/useTrackingUri';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

/** One run: what went in, how it developed, what came out. */
export function RunPage() {
  const { runId = '' } = useParams();
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const run = useLoad(
    signal => api.getRun({ params: { runId } }, { signal }),
    [api, runId],
  );
  return (
    <RegistryFrame
      tab="runs"
      title={run.value?.name || runId}
      actions={
        run.value && (
          <Flex gap="2">
            <ButtonLink
              variant="secondary"
              href={`${paths.runs}?experiment=${encodeURIComponent(
                run.value.experimentId,
              )}`}
            >
              {t('run.compareWith')}
            </ButtonLink>
            {run.value.jobId && (
              <ButtonLink
                variant="secondary"
                href={paths.job(run.value.jobId)}
                iconEnd={<RiExternalLinkLine />}
              >
                {t('runs.job')}
              </ButtonLink>
            )}
          </Flex>
        )
      }
    >
      <Frame value={run}>{value => <RunSections run={value} />}</Frame>
    </RegistryFrame>
  );
}

function RunSections(props: { run: Run }) {
  const { run } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const trackingUri = useTrackingUri();
  return (
    <Flex direction="column" gap="4">
      <Section title={t('run.details')}>
        <RunFacts run={run} />
      </Section>
      <Section title={t('runs.metrics')}>
        <PlainTable
          caption={t('runs.metrics')}
          columns={[t('run.metric'), t('run.last')]}
          empty={t('run.noMetrics')}
          rows={orderMetrics(run.metrics).map(([key, value]) => ({
            key,
            cells: [key, formatNumber(value)],
          }))}
        />
      </Section>
      <Section title={t('run.curves')}>
        <RunCurves run={run} />
      </Section>
      <Section title={t('versions.params')}>
        <PlainTable
          caption={t('versions.params')}
          columns={[t('run.param'), t('run.value')]}
          empty={t('versions.noParams')}
          rows={rows(run.params, value => value)}
        />
      </Section>
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
      <Section title={t('artifacts.title')}>
        <ArtifactTree
          owner={{ experimentId: run.experimentId, runId: run.runId }}
        />
      </Section>
      <Section title={t('versions.tags')}>
        <PlainTable
          caption={t('versions.tags')}
          columns={[t('run.tag'), t('run.value')]}
          empty={t('versions.noTags')}
          rows={rows(run.tags, value => value)}
        />
      </Section>
      <Section title={t('run.load')}>
        <CodeBlock
          code={`import mlflow\n\nmlflow.set_tracking_uri("${trackingUri}")\nrun = mlflow.get_run("${run.runId}")\nfiles = mlflow.artifacts.download_artifacts(run_id="${run.runId}")`}
        />
      </Section>
    </Flex>
  );
}

function rows<T>(values: Record<string, T>, show: (value: T) => string) {
  return Object.entries(values)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([key, value]) => ({ key, cells: [key, show(value)] }));
}
