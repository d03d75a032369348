import { useState } from 'react';
import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import { Frame, reasonOf, Section, useAction, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { LedgerEntries } from '../components/ledger/LedgerEntries';
import { LedgerFilters } from '../components/ledger/LedgerFilters';
import { LedgerRollback } from '../components/ledger/LedgerRollback';
import { ProductionChanges } from '../components/ledger/ProductionChanges';
import { ProductionOn } from '../components/ledger/ProductionOn';
import { ExportButton } from '../components/version/ExportButton';
import { ledgerSearch, readLedgerQuery } from '../domain/ledgerQuery';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

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
            title: t('ledger.emptyTitle'),
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
  return (
    <Flex direction="column" gap="3">
      <LedgerEntries
        label={t('ledger.entries')}
        items={pages.flatMap(({ items }) => items)}
        withModel
        onRollback={onRollback}
      />
      {action.error && (
        <Alert
          status="danger"
          title={t('ledger.moreFailed')}
          description={reasonOf(action.error)}
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
