import { useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { Flex, Select, Text } from '@backstage/ui';
import type { DatasetVersionSummary } from '@downstage/plugin-ml-data-common';
import { Frame, Section, useLoad } from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { useWords } from '../shared/useWords';
import { DiffView } from './DiffView';

/** Chooses two versions, the latest two to begin with, and shows what changed. */
export function DiffSection(props: {
  path: { namespace: string; name: string };
  versions: DatasetVersionSummary[];
}) {
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const { path, versions } = props;
  const [chosen, setChosen] = useState<{ from?: number; to?: number }>({});
  const from = chosen.from ?? versions[1].version;
  const to = chosen.to ?? versions[0].version;
  const loaded = useLoad(
    signal =>
      api.diffDatasetVersions(
        { params: path, query: { from, to } },
        { signal },
      ),
    [path.namespace, path.name, from, to],
    { pollMs: 0 },
  );
  const options = versions.map(({ ref, version }) => ({
    value: String(version),
    label: ref,
  }));
  return (
    <Section title={t('diff.title')}>
      <Flex direction="column" gap="4">
        <Flex gap="4">
          <Select
            label={t('diff.from')}
            options={options}
            value={String(from)}
            onChange={key =>
              setChosen({ ...chosen, from: key ? Number(key) : undefined })
            }
          />
          <Select
            label={t('diff.to')}
            options={options}
            value={String(to)}
            onChange={key =>
              setChosen({ ...chosen, to: key ? Number(key) : undefined })
            }
          />
        </Flex>
        <Frame value={loaded}>
          {diff =>
            diff.identical ? (
              <Text>{t('diff.identical')}</Text>
            ) : (
              <DiffView diff={diff} />
            )
          }
        </Frame>
      </Flex>
    </Section>
  );
}
