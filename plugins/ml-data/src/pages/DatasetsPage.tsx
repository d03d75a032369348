import { useApi } from '@backstage/frontend-plugin-api';
import { Container } from '@backstage/ui';
import { datasetVersionCreatedTopic } from '@downstage/plugin-ml-data-common';
import { Frame, useLoad } from '@downstage/react';
import { mlDataApiRef } from '../api';
import { DatasetsTable } from '../components/DatasetsTable';
import { useWords } from '../hooks/useWords';

/** Every dataset of the company with its latest version. */
export function DatasetsPage() {
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const loaded = useLoad(signal => api.listDatasets({}, { signal }), [], {
    channel: datasetVersionCreatedTopic,
    pollMs: 30_000,
  });
  return (
    <Container>
      <Frame
        value={loaded}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('datasets.emptyTitle'),
          description: t('datasets.emptyText'),
        }}
      >
        {({ items }) => <DatasetsTable datasets={items} />}
      </Frame>
    </Container>
  );
}
