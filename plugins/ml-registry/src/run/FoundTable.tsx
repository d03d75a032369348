import { useState, type ReactNode } from 'react';
import { PlainTable } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, SearchField } from '@backstage/ui';
import { mlRegistryTranslationRef } from '../shared/translation';

/** From so many rows on there is a field to find one. */
const FEW = 8;

/** Names with values, and a field that finds one of many by name or value. */
export function FoundTable(props: {
  caption: string;
  columns: [string, string];
  rows: ReadonlyArray<{ name: string; text: string; shown?: ReactNode }>;
  empty: string;
}) {
  const { caption, columns, rows, empty } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [wanted, setWanted] = useState('');
  const words = wanted.trim().toLowerCase();
  const found = rows.filter(({ name, text }) =>
    `${name}\n${text}`.toLowerCase().includes(words),
  );
  return (
    <Flex direction="column" gap="3">
      {rows.length > FEW && (
        <SearchField
          size="small"
          aria-label={`${t('runDetail.find')}: ${caption}`}
          placeholder={t('runDetail.find')}
          value={wanted}
          onChange={setWanted}
        />
      )}
      <div style={{ maxHeight: 420, overflowY: 'auto' }}>
        <PlainTable
          caption={caption}
          columns={columns}
          empty={rows.length === 0 ? empty : t('runDetail.noMatch')}
          rows={found.map(({ name, text, shown }) => ({
            key: name,
            cells: [name, shown ?? text],
          }))}
        />
      </div>
    </Flex>
  );
}
