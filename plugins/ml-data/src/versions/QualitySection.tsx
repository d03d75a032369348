import { useApi } from '@backstage/frontend-plugin-api';
import { Flex, Select, Text } from '@backstage/ui';
import type {
  DatasetQuality,
  DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import {
  CodeBlock,
  Frame,
  PlainTable,
  Section,
  useLoad,
} from '@downstage/react';
import { useSearchParams } from 'react-router-dom';
import { mlDataApiRef } from '../shared/api';
import { useWords } from '../shared/useWords';
import { QualityBadge } from './QualityBadge';

const example = `spec:
  checks:
    - minRows: 500
    - column: id
      notNull: true
      unique: true
    - column: label
      allowed: ['0', '1']`;

/** What the checks say about one version: that of the address (`?version=1`), or the latest. */
export function QualitySection(props: {
  path: { namespace: string; name: string };
  versions: DatasetVersionSummary[];
}) {
  const t = useWords();
  const api = useApi(mlDataApiRef);
  const { path, versions } = props;
  const [search, setSearch] = useSearchParams();
  const wanted = Number(search.get('version'));
  const { version } =
    versions.find(each => each.version === wanted) ?? versions[0];
  const loaded = useLoad(
    async signal => {
      const params = { ...path, version: String(version) };
      const found = await api.getDatasetVersion({ params }, { signal });
      return found.quality?.checks ?? [];
    },
    [path.namespace, path.name, version],
    { pollMs: 60_000 },
  );
  return (
    <Section title={t('quality.title')}>
      <Flex direction="column" gap="4">
        <Frame
          value={loaded}
          isEmpty={checks => checks.length === 0}
          empty={{
            title: t('quality.emptyTitle'),
            description: (
              <>
                <Text as="p">{t('quality.emptyText')}</Text>
                <CodeBlock code={example} />
              </>
            ),
          }}
        >
          {checks => (
            <>
              <Text color="secondary">{t('quality.text')}</Text>
              <Select
                label={t('versions.version')}
                style={{ maxWidth: 320 }}
                options={versions.map(each => ({
                  value: String(each.version),
                  label: each.ref,
                }))}
                value={String(version)}
                onChange={key =>
                  setSearch(
                    before => {
                      const after = new URLSearchParams(before);
                      after.set('version', String(key));
                      return after;
                    },
                    { replace: true },
                  )
                }
              />
              <Checks checks={checks} />
            </>
          )}
        </Frame>
      </Flex>
    </Section>
  );
}

function Checks({ checks }: { checks: DatasetQuality['checks'] }) {
  const t = useWords();
  return (
    <PlainTable
      caption={t('quality.title')}
      columns={[
        t('quality.of'),
        t('quality.wanted'),
        t('quality.saw'),
        t('quality.state'),
      ]}
      rows={checks.map(({ of, wanted, saw, state }, index) => ({
        key: String(index),
        cells: [
          of === 'rows' ? t('quality.rows') : <code>{of}</code>,
          wanted,
          saw,
          <QualityBadge state={state} />,
        ],
      }))}
    />
  );
}
