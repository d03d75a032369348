import { useState } from 'react';
import { Flex, SearchField, Text } from '@backstage/ui';
import type { DatasetVersion } from '@downstage/plugin-ml-data-common';
import { formatNumber, Frame, Section } from '@downstage/react';
import { ColumnCard } from './ColumnCard';
import { matchesColumn } from './matchesColumn';
import { useDatasetPath } from '../shared/useDatasetPath';
import { useLatestVersion } from '../shared/useLatestVersion';
import { useNoVersion } from '../shared/useNoVersion';
import { useWords } from '../shared/useWords';

/** The tab of a Dataset with the figures of every column of its latest version. */
export function ProfileContent() {
  const { path, ref } = useDatasetPath();
  const loaded = useLatestVersion(path);
  const empty = useNoVersion(ref);
  return (
    <Frame value={loaded} isEmpty={({ version }) => !version} empty={empty}>
      {({ version }) => version && <Columns version={version} />}
    </Frame>
  );
}

/** `delimiter ";", decimal ","` */
function dialectInWords(dialect: NonNullable<DatasetVersion['dialect']>) {
  return Object.entries(dialect)
    .filter(([name, value]) => !(name === 'quote' && value === '"'))
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ');
}

function Columns({ version }: { version: DatasetVersion }) {
  const t = useWords();
  const [search, setSearch] = useState('');
  const shown = version.schema.filter(column =>
    matchesColumn(column, search.trim()),
  );
  const profiles = new Map(
    version.profile.columns.map(profile => [profile.name, profile]),
  );
  return (
    <Flex direction="column" gap="4">
      <SearchField
        aria-label={t('profile.search')}
        placeholder={t('profile.search')}
        value={search}
        onChange={setSearch}
      />
      <Text color="secondary" role="status">
        {version.ref} · {formatNumber(version.rows)} {t('versions.rows')} ·{' '}
        {t('profile.count', {
          shown: String(shown.length),
          all: String(version.schema.length),
        })}
      </Text>
      {version.dialect && (
        <Text color="secondary">
          {t('profile.dialect')}: {dialectInWords(version.dialect)}
        </Text>
      )}
      {version.notes?.length ? (
        <Section title={t('profile.notes')}>
          <ul>
            {version.notes.map(note => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Section>
      ) : null}
      {shown.length === 0 && <Text>{t('profile.noMatch')}</Text>}
      <div
        style={{
          display: 'grid',
          gridTemplateColumns:
            'repeat(auto-fill, minmax(min(340px, 100%), 1fr))',
          gap: 16,
        }}
      >
        {shown.map(column => {
          const profile = profiles.get(column.name);
          return (
            profile && (
              <ColumnCard key={column.name} column={column} profile={profile} />
            )
          );
        })}
      </div>
    </Flex>
  );
}
