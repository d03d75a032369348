import { useState } from 'react';
import {
  comparisonSections,
  type ComparisonRow,
  type ModelVersion,
} from '@downstage/plugin-ml-registry-common';
import {
  formatNumber,
  Frame,
  PlainTable,
  Section,
  useLoad,
} from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Select, Switch, Text } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { byMetricName } from '../shared/domain/orderMetrics';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** A version beside another one of its model; which one stands in the address as `with`. */
export function CompareTab(props: {
  version: ModelVersion;
  versions: readonly ModelVersion[];
}) {
  const { version, versions } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [search, setSearch] = useSearchParams();
  const [onlyDifferences, setOnlyDifferences] = useState(true);
  const others = versions.filter(item => item.version !== version.version);
  const chosen =
    others.find(item => item.version === Number(search.get('with'))) ??
    others.find(item => item.stage === 'production') ??
    others.find(item => item.version < version.version) ??
    others.at(0);
  const comparison = useLoad(
    async signal =>
      chosen &&
      api.compareVersions(
        {
          params: { namespace, name },
          query: { left: chosen.version, right: version.version },
        },
        { signal },
      ),
    [api, version.ref, chosen?.ref],
    { pollMs: 0 },
  );
  if (!chosen) {
    return (
      <Flex direction="column" gap="1">
        <Text as="h3" weight="bold">
          {t('comparison.none')}
        </Text>
        <Text color="secondary">{t('comparison.noneText')}</Text>
      </Flex>
    );
  }
  return (
    <Flex direction="column" gap="4">
      <Flex gap="4" align="end" style={{ flexWrap: 'wrap' }}>
        <Select
          label={t('comparison.with')}
          options={others.map(item => ({
            value: String(item.version),
            label: t('rollback.version', {
              version: String(item.version),
              stage: t(`stage.${item.stage}`),
            }),
          }))}
          value={String(chosen.version)}
          onChange={key =>
            setSearch(
              before => {
                const after = new URLSearchParams(before);
                after.set('with', String(key));
                return after;
              },
              { replace: true },
            )
          }
        />
        <Switch
          label={t('comparison.onlyDifferences')}
          isSelected={onlyDifferences}
          onChange={setOnlyDifferences}
        />
      </Flex>
      <Frame value={comparison}>
        {value => (
          <ComparisonTables
            rows={(value?.rows ?? []).filter(
              ({ same }) => !same || !onlyDifferences,
            )}
            left={t('versions.heading', { version: String(chosen.version) })}
            right={t('versions.heading', { version: String(version.version) })}
          />
        )}
      </Frame>
    </Flex>
  );
}

/** Metrics as on every other page; everything else as it is. */
function shown({ section }: ComparisonRow, text: string | undefined) {
  if (section !== 'metrics' || text === undefined) return text;
  const value = Number(text);
  return Number.isNaN(value) ? text : formatNumber(value);
}

function ComparisonTables(props: {
  rows: readonly ComparisonRow[];
  left: string;
  right: string;
}) {
  const { rows, left, right } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (!rows.length) return <Text>{t('comparison.same')}</Text>;
  const cell = (text: string | undefined, same: boolean) =>
    text === undefined ? (
      <Text color="secondary">{t('comparison.absent')}</Text>
    ) : (
      <span
        style={{
          fontWeight: same ? undefined : 'bold',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
        }}
      >
        {text}
      </span>
    );
  return (
    <Flex direction="column" gap="4">
      {comparisonSections
        .filter(section => rows.some(row => row.section === section))
        .map(section => (
          <Section key={section} title={t(`comparison.sections.${section}`)}>
            <PlainTable
              caption={t(`comparison.sections.${section}`)}
              columns={[
                t('comparison.what'),
                left,
                right,
                ...(section === 'metrics' ? [t('comparison.difference')] : []),
              ]}
              rows={rows
                .filter(row => row.section === section)
                .sort((a, b) =>
                  section === 'metrics' ? byMetricName(a.key, b.key) : 0,
                )
                .map(row => ({
                  key: row.key,
                  cells: [
                    row.same
                      ? row.key
                      : `${row.key} ≠ ${t('comparison.differs')}`,
                    cell(shown(row, row.left), row.same),
                    cell(shown(row, row.right), row.same),
                    ...(section === 'metrics'
                      ? [
                          row.difference === undefined
                            ? '–'
                            : `${row.difference > 0 ? '+' : ''}${formatNumber(
                                row.difference,
                              )}`,
                        ]
                      : []),
                  ],
                }))}
            />
          </Section>
        ))}
    </Flex>
  );
}
