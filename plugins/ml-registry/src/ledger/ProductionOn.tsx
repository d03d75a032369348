import {
  DayField,
  Frame,
  Pager,
  PlainTable,
  Section,
  Time,
  usePages,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { Person } from '../shared/Person';

/** Who was in production on a day; the day stands in the address. */
export function ProductionOn(props: {
  day: string;
  model?: string;
  onDay: (day: string) => void;
}) {
  const { day, model, onDay } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const found = usePages(
    (cursor, signal) =>
      api.productionOn(
        { query: { at: day, model, cursor, limit: 20 } },
        { signal },
      ),
    [api, day, model],
    { pollMs: 0 },
  );
  return (
    <Section title={t('ledger.production')}>
      <Flex direction="column" gap="3">
        <Flex gap="3" align="end">
          <DayField
            label={t('ledger.day')}
            value={day}
            onChange={value => value && onDay(value)}
          />
        </Flex>
        <Text color="secondary">{t('ledger.productionText')}</Text>
        <Frame
          value={found}
          isEmpty={({ items, nextCursor }) => items.length === 0 && !nextCursor}
          empty={{
            title: t('ledger.productionNoneTitle'),
            description: t('ledger.productionNoneText'),
          }}
        >
          {({ items }) => (
            <>
              <PlainTable
                caption={t('ledger.production')}
                columns={[
                  t('ledger.model'),
                  t('ledger.version'),
                  t('ledger.since'),
                  t('ledger.until'),
                  t('ledger.by'),
                ]}
                rows={items.map(item => ({
                  key: `${item.name} ${item.since}`,
                  cells: [
                    <Link
                      key="model"
                      href={paths.entity(item.modelRef, 'versions')}
                    >
                      {item.name}
                    </Link>,
                    <Link
                      key="version"
                      href={paths.version(item.modelRef, item.version)}
                    >
                      {t('versions.heading', { version: String(item.version) })}
                    </Link>,
                    <Time key="since" at={item.since} />,
                    item.until ? (
                      <Time key="until" at={item.until} />
                    ) : (
                      t('ledger.still')
                    ),
                    <Person key="by" entityRef={item.actor} />,
                  ],
                }))}
              />
              <Pager pages={found} />
            </>
          )}
        </Frame>
      </Flex>
    </Section>
  );
}
