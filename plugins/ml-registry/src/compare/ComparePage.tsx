import type { ReactNode } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Frame, Section } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Flex, Text } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { AddressTabs } from '../shared/AddressTabs';
import { CompareCurves } from './CompareCurves';
import { CompareTable } from './CompareTable';
import { BoxPlot } from './BoxPlot';
import { ContourPlot } from './ContourPlot';
import { ImportancePlot } from './ImportancePlot';
import { ScatterPlot } from './ScatterPlot';
import { ParallelPlot } from './ParallelPlot';
import { useComparedRuns } from './useComparedRuns';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

/** Plots can be read with so many runs, the table and overlaid curves with fewer. */
const MOST = 500;
const MOST_SIDE_BY_SIDE = 20;

const tabs = [
  ...(['table', 'curves', 'parallel', 'scatter'] as const),
  ...(['contour', 'importance', 'box'] as const),
];
/** Those that show only the first runs. */
const narrow: ReadonlyArray<(typeof tabs)[number]> = ['table', 'curves'];

/** Runs side by side, of one experiment or several: `/models/compare?runs=a,b`. What is plotted stands in the address. */
export function ComparePage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [search, setSearch] = useSearchParams();
  const runIds = [
    ...new Set((search.get('runs') ?? '').split(',').filter(Boolean)),
  ].slice(0, MOST);
  const runs = useComparedRuns(runIds);

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
  const remove = (runId: string) => {
    const next = new URLSearchParams(search);
    next.set('runs', runIds.filter(id => id !== runId).join(','));
    setSearch(next);
  };
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
      <Frame
        value={runs}
        elsewhere={{ href: paths.runs, label: t('runDetail.showAll') }}
      >
        {found => <Compared runs={found} onRemove={remove} />}
      </Frame>
    </RegistryFrame>
  );
}

function Compared(props: { runs: Run[]; onRemove: (runId: string) => void }) {
  const { runs, onRemove } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const few = runs.slice(0, MOST_SIDE_BY_SIDE);
  const panels: Record<(typeof tabs)[number], ReactNode> = {
    table: <CompareTable runs={few} onRemove={onRemove} />,
    curves: <CompareCurves runs={few} />,
    parallel: <ParallelPlot runs={runs} />,
    scatter: <ScatterPlot runs={runs} />,
    contour: <ContourPlot runs={runs} />,
    importance: <ImportancePlot runs={runs} />,
    box: <BoxPlot runs={runs} />,
  };
  return (
    <AddressTabs tabs={tabs} label={each => t(`compareRuns.tabs.${each}`)}>
      {each => (
        <>
          {runs.length > few.length && narrow.includes(each) && (
            <Text color="secondary">
              {t('compareRuns.tooMany', {
                shown: String(few.length),
                all: String(runs.length),
              })}
            </Text>
          )}
          {each === 'table' ? (
            panels.table
          ) : (
            <Section title={t(`compareRuns.tabs.${each}`)}>
              {panels[each]}
            </Section>
          )}
        </>
      )}
    </AddressTabs>
  );
}
