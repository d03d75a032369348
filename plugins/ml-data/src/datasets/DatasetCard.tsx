import { Flex, Link, Text } from '@backstage/ui';
import { isDatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  Facts,
  formatBytes,
  formatNumber,
  Frame,
  PlainTable,
  Section,
  Time,
} from '@downstage/react';
import { FreshnessBadge } from './FreshnessBadge';
import { useDatasetPath } from '../shared/useDatasetPath';
import { useLatestVersion } from '../shared/useLatestVersion';
import { useNoVersion } from '../shared/useNoVersion';
import { useWords } from '../shared/useWords';
import { paths } from '../shared/paths';

const shownColumns = 6;

/** The overview of a Dataset: its latest version and what its columns are. */
export function DatasetCard() {
  const t = useWords();
  const { entity, ref, path } = useDatasetPath();
  const loaded = useLatestVersion(path);
  const empty = useNoVersion(ref);
  const maxAge = isDatasetEntity(entity)
    ? entity.spec.freshness?.maxAge
    : undefined;
  return (
    <Section title={t('card.title')}>
      <Frame value={loaded} isEmpty={({ version }) => !version} empty={empty}>
        {({ version }) =>
          version && (
            <Flex direction="column" gap="4">
              <Facts
                facts={[
                  { label: t('datasets.latest'), value: version.ref },
                  {
                    label: t('versions.created'),
                    value: <Time at={version.createdAt} />,
                  },
                  {
                    label: t('datasets.freshness'),
                    value: (
                      <FreshnessBadge
                        createdAt={version.createdAt}
                        maxAge={maxAge}
                      />
                    ),
                  },
                  {
                    label: t('versions.rows'),
                    value: formatNumber(version.rows),
                  },
                  {
                    label: t('versions.size'),
                    value: `${formatBytes(version.bytes)} ${version.format}`,
                  },
                ]}
              />
              <PlainTable
                caption={t('card.schema')}
                columns={[
                  t('card.schema'),
                  t('profile.type'),
                  t('profile.unit'),
                ]}
                rows={version.schema.slice(0, shownColumns).map(column => ({
                  key: column.name,
                  cells: [
                    <span title={column.description}>{column.name}</span>,
                    column.type,
                    column.unit ?? '–',
                  ],
                }))}
              />
              {version.schema.length > shownColumns && (
                <Text color="secondary">
                  {t('card.more', {
                    number: String(version.schema.length - shownColumns),
                  })}
                </Text>
              )}
              <Flex gap="4">
                <Link href={paths.entity(ref, 'versions')}>
                  {t('card.versions')}
                </Link>
                <Link href={paths.entity(ref, 'profile')}>
                  {t('card.profile')}
                </Link>
              </Flex>
            </Flex>
          )
        }
      </Frame>
    </Section>
  );
}
