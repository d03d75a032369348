import { Frame, Pager, PlainTable, Section, usePages } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** What is in production differently at the end of the chosen time than at its beginning. */
export function ProductionChanges(props: {
  from: string;
  to: string;
  model?: string;
}) {
  const { from, to, model } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const found = usePages(
    (cursor, signal) =>
      api.productionChanges(
        { query: { from, to, model, cursor, limit: 100 } },
        { signal },
      ),
    [api, from, to, model],
    { pollMs: 0 },
  );
  return (
    <Section title={t('ledger.changes')}>
      <Frame value={found}>
        {({ items }) => (
          <>
            <PlainTable
              caption={t('ledger.changes')}
              columns={[
                t('ledger.model'),
                t('ledger.before'),
                t('ledger.after'),
                t('ledger.times'),
              ]}
              empty={t('ledger.noChanges')}
              rows={items.map(({ name, before, after, changes }) => ({
                key: name,
                cells: [name, before ?? '–', after ?? '–', changes],
              }))}
            />
            <Pager pages={found} />
          </>
        )}
      </Frame>
    </Section>
  );
}
