import { useState } from 'react';
import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import { Frame, Section, useAction, useLoad, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { broughtIntoProduction, LedgerEntries } from './LedgerEntries';
import { LedgerFilters } from './LedgerFilters';
import { LedgerRollback } from './LedgerRollback';
import { ProductionChanges } from './ProductionChanges';
import { ProductionOn } from './ProductionOn';
import { ExportButton } from '../shared/ExportButton';
import { ledgerSearch, readLedgerQuery } from './ledgerQuery';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

/** The ledger: `/models/ledger?model=…&action=…&on=2026-03-01`. Filters and the day stand in the address. */
export function LedgerPage() {
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [search, setSearch] = useSearchParams();
  const [rollingBack, setRollingBack] = useState<LedgerEntry>();
  const query = readLedgerQuery(search);
  const filters = ledgerSearch(query).toString();
  const day = search.get('on') ?? new Date().toISOString().slice(0, 10);
  const loaded = useLoad(
    signal => api.listLedger({ query }, { signal }),
    [api, filters],
    { pollMs: 30_000 },
  );
  return (
    <RegistryFrame
      tab="ledger"
      title={t('ledger.title')}
      description={t('ledger.description')}
      actions={
        <Flex gap="2">
          {(['csv', 'json'] as const).map(format => (
            <ExportButton
              key={format}
              path={`/v1/ledger/export?format=${format}${
                filters && `&${filters}`
              }`}
              fileName={`ledger.${format}`}
              failed={t('ledger.exportFailed')}
            >
              {t(`ledger.${format}`)}
            </ExportButton>
          ))}
        </Flex>
      }
    >
      <ProductionOn
        day={day}
        model={query.model}
        onDay={on =>
          setSearch(before => {
            const after = new URLSearchParams(before);
            after.set('on', on);
            return after;
          })
        }
      />
      <LedgerFilters
        query={query}
        onChange={next => {
          const after = ledgerSearch(next);
          const on = search.get('on');
          if (on) after.set('on', on);
          setSearch(after);
        }}
      />
      {query.from && query.to && (
        <ProductionChanges
          from={query.from}
          to={query.to}
          model={query.model}
        />
      )}
      {rollingBack && (
        <LedgerRollback
          entry={rollingBack}
          onClose={() => setRollingBack(undefined)}
          onDone={() => {
            setRollingBack(undefined);
            loaded.retry();
          }}
        />
      )}
      <Section title={t('ledger.entries')}>
        <Frame
          value={loaded}
          isEmpty={({ items }) => items.length === 0}
          empty={{
            title: t(filters ? 'ledger.emptyTitle' : 'ledger.noneTitle'),
            description: t(filters ? 'ledger.emptyText' : 'ledger.noneText'),
          }}
        >
          {page => (
            <Older
              key={`${filters} ${page.items.at(0)?.id}`}
              first={page}
              query={query}
              onRollback={setRollingBack}
            />
          )}
        </Frame>
      </Section>
    </RegistryFrame>
  );
}

type Page = { items: LedgerEntry[]; nextCursor?: string };

function Older(props: {
  first: Page;
  query: ReturnType<typeof readLedgerQuery>;
  onRollback: (entry: LedgerEntry) => void;
}) {
  const { first, query, onRollback } = props;
  const api = useRegistry();
  const action = useAction();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [pages, setPages] = useState<Page[]>([first]);
  const cursor = pages.at(-1)?.nextCursor;
  const items = pages.flatMap(page => page.items);
  const inProduction = useInProduction(items.filter(broughtIntoProduction));
  return (
    <Flex direction="column" gap="3">
      <LedgerEntries
        label={t('ledger.entries')}
        items={items}
        withModel
        onRollback={onRollback}
        inProduction={inProduction}
      />
      {action.error && (
        <Alert
          status="danger"
          title={t('ledger.moreFailed')}
          description={<Reason error={action.error} />}
        />
      )}
      {cursor && (
        <Flex>
          <Button
            variant="secondary"
            isPending={action.pending}
            onPress={() =>
              action.run(async () => {
                const next = await api.listLedger({
                  query: { ...query, cursor },
                });
                setPages(before => [...before, next]);
              })
            }
          >
            {t('ledger.more')}
          </Button>
        </Flex>
      )}
    </Flex>
  );
}

/** As many models as one request may name; to others a rollback is offered, and says when there is nothing to do. */
const mostModels = 50;

/** The versions now in production of the models that entries are about, by model ref. */
function useInProduction(
  entries: readonly LedgerEntry[],
): ReadonlyMap<string, number> | undefined {
  const api = useRegistry();
  const models = [...new Set(entries.map(({ modelRef }) => modelRef))]
    .slice(0, mostModels)
    .join(',');
  const { value } = useLoad(
    async signal => {
      const found = models
        ? await api.listModels(
            { query: { models, limit: mostModels } },
            { signal },
          )
        : { items: [] };
      return new Map(
        found.items.flatMap(({ ref, production }) =>
          production ? [[ref, production.version] as const] : [],
        ),
      );
    },
    [api, models],
    { pollMs: 30_000 },
  );
  return value;
}
