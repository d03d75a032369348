import { useDeferredValue, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Container, Flex, SearchField } from '@backstage/ui';
import { datasetVersionCreatedTopic } from '@downstage/plugin-ml-data-common';
import { Frame } from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { DatasetsTable } from './DatasetsTable';
import { usePages } from '../shared/usePages';
import { useWords } from '../shared/useWords';

/** Every dataset of the company with its latest version, searched by the server and shown a page at a time. */
export function DatasetsPage() {
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const [search, setSearch] = useState('');
  const text = useDeferredValue(search.trim());
  const loaded = usePages(
    (cursor, signal) =>
      api.listDatasets(
        {
          query: { limit: 100, cursor, ...(text && { text }) },
        },
        { signal },
      ),
    [text],
    { channel: datasetVersionCreatedTopic, pollMs: 30_000 },
  );
  return (
    <Container>
      <Flex direction="column" gap="4">
        <SearchField
          aria-label={t('datasets.search')}
          placeholder={t('datasets.search')}
          value={search}
          onChange={setSearch}
        />
        <Frame
          value={loaded}
          isEmpty={({ items }) => items.length === 0 && !text}
          empty={{
            title: t('datasets.emptyTitle'),
            description: t('datasets.emptyText'),
          }}
        >
          {({ items, nextCursor }) => (
            <>
              <DatasetsTable datasets={items} />
              {nextCursor && (
                <Button variant="secondary" onPress={loaded.more}>
                  {t('list.more')}
                </Button>
              )}
            </>
          )}
        </Frame>
      </Flex>
    </Container>
  );
}
