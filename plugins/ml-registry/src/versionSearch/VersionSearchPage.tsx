import { useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router-dom';
import { Frame, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Text, TextField } from '@backstage/ui';
import { FoundVersionsTable } from './FoundVersionsTable';
import { SnippetRegister } from '../shared/SnippetRegister';
import { namedMetrics } from './namedMetrics';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

const examples = [
  "stage = 'production'",
  "metrics.val_auc > 0.9 AND stage = 'production'",
  "flavor = 'onnx'",
  "dataset.name = 'breast-masses'",
  "owner = 'group:default/diagnostics'",
];
const pageSize = 50;

/** Versions of all models by metric, param, data set, stage, flavour and owner. The address carries the question. */
export function VersionSearchPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [params, setParams] = useSearchParams();
  const filter = params.get('filter') ?? '';
  const orderBy = params.get('order') ?? '';
  const ask = (next: { filter: string; orderBy: string }) => {
    const query = new URLSearchParams();
    if (next.filter) query.set('filter', next.filter);
    if (next.orderBy) query.set('order', next.orderBy);
    setParams(query);
  };
  return (
    <RegistryFrame
      tab="versions"
      title={t('nav.versions')}
      description={t('search.description')}
    >
      <SearchForm
        key={`${filter}\n${orderBy}`}
        filter={filter}
        orderBy={orderBy}
        onAsk={ask}
      />
      <Flex gap="2" align="center" style={{ flexWrap: 'wrap' }}>
        <Text color="secondary" variant="body-small">
          {t('search.examples')}
        </Text>
        {examples.map(example => (
          <Button
            key={example}
            size="small"
            variant="tertiary"
            onPress={() => ask({ filter: example, orderBy })}
          >
            {example}
          </Button>
        ))}
      </Flex>
      <Results filter={filter} orderBy={orderBy} />
    </RegistryFrame>
  );
}

function SearchForm(props: {
  filter: string;
  orderBy: string;
  onAsk: (question: { filter: string; orderBy: string }) => void;
}) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [filter, setFilter] = useState(props.filter);
  const [orderBy, setOrderBy] = useState(props.orderBy);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onAsk({ filter: filter.trim(), orderBy: orderBy.trim() });
  };
  return (
    <form onSubmit={submit}>
      <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
        <div style={{ flex: '3 1 360px' }}>
          <TextField
            label={t('search.filter')}
            value={filter}
            onChange={setFilter}
            placeholder={examples[1]}
          />
        </div>
        <div style={{ flex: '1 1 200px' }}>
          <TextField
            label={t('search.order')}
            value={orderBy}
            onChange={setOrderBy}
            placeholder="metrics.val_auc DESC"
          />
        </div>
        <Button type="submit" variant="primary">
          {t('search.ask')}
        </Button>
      </Flex>
    </form>
  );
}

function Results(props: { filter: string; orderBy: string }) {
  const { filter, orderBy } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [pages, setPages] = useState(1);
  const versions = useLoad(
    async signal => {
      const items = [];
      let cursor: string | undefined;
      for (let page = 0; page < pages; page += 1) {
        const answer = await api.searchModelVersions(
          {
            query: {
              limit: pageSize,
              ...(filter && { filter }),
              ...(orderBy && { orderBy }),
              ...(cursor && { cursor }),
            },
          },
          { signal },
        );
        items.push(...answer.items);
        cursor = answer.nextCursor;
        if (!cursor) break;
      }
      return { items, more: cursor !== undefined };
    },
    [filter, orderBy, pages],
    { pollMs: 0 },
  );
  return (
    <Frame
      value={versions}
      isEmpty={({ items }) => items.length === 0}
      empty={{
        title: filter ? t('search.noMatch') : t('search.emptyTitle'),
        description: filter ? t('search.noMatchHint') : t('models.emptyText'),
        action: !filter && <SnippetRegister />,
      }}
    >
      {({ items, more }) => (
        <Flex direction="column" gap="3">
          <FoundVersionsTable
            versions={items}
            metrics={namedMetrics(`${filter} ${orderBy}`)}
          />
          {more && (
            <Flex>
              <Button
                variant="secondary"
                isPending={versions.loading}
                onPress={() => setPages(pages + 1)}
              >
                {t('search.more')}
              </Button>
            </Flex>
          )}
        </Flex>
      )}
    </Frame>
  );
}
