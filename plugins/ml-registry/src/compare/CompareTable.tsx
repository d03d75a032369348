import { useState, type ReactNode } from 'react';
import type { Run } from '@downstage/plugin-ml-registry-common';
import {
  formatNumber,
  PlainTable,
  Section,
  StatusBadge,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonIcon, Flex, Link, Switch, Text } from '@backstage/ui';
import { RiArrowDownLine, RiArrowUpLine, RiCloseLine } from '@remixicon/react';
import { compareRuns, type ComparedRow } from './domain/compareRuns';
import { lastValues } from '../shared/domain/lastValues';
import { runStatus } from '../shared/domain/runStatus';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Params and metrics of runs side by side. A row that differs says so in words, has a mark, and is bold. */
export function CompareTable(props: {
  runs: readonly Run[];
  onRemove: (runId: string) => void;
}) {
  const { runs, onRemove } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const { params, metrics } = compareRuns(
    runs.map(run => ({ params: run.params, metrics: lastValues(run) })),
  );
  const columns = runs.map(run => (
    <Flex
      key={run.runId}
      direction="column"
      gap="1"
      style={{ maxWidth: 240, overflowWrap: 'anywhere' }}
    >
      <Flex align="center" gap="1">
        <Link href={paths.run(run.runId)}>{run.name || run.runId}</Link>
        {runs.length > 2 && (
          <ButtonIcon
            size="small"
            variant="tertiary"
            icon={<RiCloseLine />}
            aria-label={t('compare.remove', { name: run.name })}
            onPress={() => onRemove(run.runId)}
          />
        )}
      </Flex>
      <StatusBadge {...runStatus(run.status)} />
    </Flex>
  ));

  function table<T>(
    caption: string,
    first: string,
    rows: ComparedRow<T>[],
    show: (value: T, row: ComparedRow<T>, column: number) => ReactNode,
  ) {
    const shown = rows.filter(row => row.differs || !onlyDifferences);
    return (
      <Section title={caption}>
        <PlainTable
          caption={caption}
          columns={[first, ...columns]}
          empty={t('compare.allSame')}
          rows={shown.map(row => ({
            key: row.name,
            cells: [
              <Flex key="name" gap="2" align="center">
                {row.name}
                {row.differs && (
                  <Text
                    variant="body-small"
                    weight="bold"
                    style={{ whiteSpace: 'nowrap' }}
                  >
                    ≠ {t('compare.differs')}
                  </Text>
                )}
              </Flex>,
              ...row.values.map((value, column) =>
                value === undefined ? (
                  <Text key={column} color="secondary">
                    {t('compare.absent')}
                  </Text>
                ) : (
                  <Text
                    key={column}
                    as="span"
                    weight={row.differs ? 'bold' : 'regular'}
                  >
                    {show(value, row, column)}
                  </Text>
                ),
              ),
            ],
          }))}
        />
      </Section>
    );
  }

  return (
    <Flex direction="column" gap="4">
      <Switch
        label={t('compare.onlyDifferences')}
        isSelected={onlyDifferences}
        onChange={setOnlyDifferences}
      />
      {table(
        t('versions.metrics'),
        t('run.metric'),
        metrics,
        (value, row, column) => (
          <>
            {formatNumber(value)}
            {row.highest === column && (
              <RiArrowUpLine size={14} aria-label={t('compare.highest')} />
            )}
            {row.lowest === column && (
              <RiArrowDownLine size={14} aria-label={t('compare.lowest')} />
            )}
          </>
        ),
      )}
      {table(t('versions.params'), t('run.param'), params, value => value)}
    </Flex>
  );
}
