import { Frame, Section, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex, Text } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { CompareCurves } from '../components/CompareCurves';
import { CompareTable } from '../components/CompareTable';
import { ParallelPlot } from '../components/ParallelPlot';
import { useRegistry } from '../hooks/useRegistry';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

/** At most so many runs are compared at once: beyond that neither table nor plot can be read. */
const most = 20;

/** Runs side by side: `/models/compare?runs=a,b`. */
export function ComparePage() {
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [search, setSearch] = useSearchParams();
  const runIds = [
    ...new Set((search.get('runs') ?? '').split(',').filter(Boolean)),
  ].slice(0, most);
  const runs = useLoad(
    signal =>
      Promise.all(
        runIds.map(runId => api.getRun({ params: { runId } }, { signal })),
      ),
    [api, runIds.join(',')],
  );

  if (runIds.length < 2) {
    return (
      <RegistryFrame tab="runs" title={t('compare.title')}>
        <Flex direction="column" gap="2" align="start">
          <Text as="h2" variant="title-small">
            {t('compare.few')}
          </Text>
          <Text color="secondary">{t('compare.fewText')}</Text>
          <ButtonLink variant="primary" href={paths.runs}>
            {t('compare.chooseRuns')}
          </ButtonLink>
        </Flex>
      </RegistryFrame>
    );
  }
  return (
    <RegistryFrame
      tab="runs"
      title={t('compare.title')}
      actions={
        <ButtonLink variant="secondary" href={paths.runs}>
          {t('compare.chooseRuns')}
        </ButtonLink>
      }
    >
      <Frame value={runs}>
        {found => (
          <Flex direction="column" gap="4">
            <CompareTable
              runs={found}
              onRemove={runId =>
                setSearch({ runs: runIds.filter(id => id !== runId).join(',') })
              }
            />
            <Section title={t('compare.overlaid')}>
              <CompareCurves runs={found} />
            </Section>
            <Section title={t('compare.parallel')}>
              <ParallelPlot runs={found} />
            </Section>
          </Flex>
        )}
      </Frame>
    </RegistryFrame>
  );
}
