import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import { StatusBadge, Time } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, Text } from '@backstage/ui';
import {
  RiAlarmWarningLine,
  RiArrowGoBackLine,
  RiHistoryLine,
} from '@remixicon/react';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { NamedText, Person } from '../shared/Person';

/** Entries of the ledger as a timeline, newest first. */
export function LedgerEntries(props: {
  label: string;
  items: readonly LedgerEntry[];
  /** Whether each entry says which model it is about. */
  withModel?: boolean;
  /** Offers a rollback to what an entry brought into production. */
  onRollback?: (entry: LedgerEntry) => void;
  /** The versions now in production, by model ref: there is no way back to these. */
  inProduction?: ReadonlyMap<string, number>;
}) {
  const { label, items, withModel, onRollback, inProduction } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <ol aria-label={label} style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {items.map(item => (
        <li
          key={item.id}
          style={{
            padding: '8px 0 8px 12px',
            borderLeft: item.flagged
              ? '2px solid var(--bui-fg-negative, #c62828)'
              : '2px solid var(--bui-border-2)',
          }}
        >
          <Flex gap="2" align="start">
            {item.flagged ? (
              <RiAlarmWarningLine size={16} aria-hidden />
            ) : (
              <RiHistoryLine size={16} aria-hidden />
            )}
            <div style={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
              <Text as="div">
                {withModel && (
                  <>
                    <Link href={paths.entity(item.modelRef, 'versions')}>
                      {item.name}
                    </Link>
                    {' · '}
                  </>
                )}
                {item.version !== undefined && (
                  <strong>
                    <Link href={paths.version(item.modelRef, item.version)}>
                      {t('versions.heading', { version: String(item.version) })}
                    </Link>
                    {item.from && item.to && (
                      <>
                        {' '}
                        {item.from} → {item.to}
                      </>
                    )}
                    {' · '}
                  </strong>
                )}
                <NamedText text={item.message} />
              </Text>
              <Text as="div" color="secondary" variant="body-small">
                <Person entityRef={item.actor} /> ·{' '}
                {item.action.replaceAll('-', ' ')} · <Time at={item.at} />
              </Text>
            </div>
            {item.flagged && (
              <StatusBadge tone="error" label={t('ledger.isFlagged')} />
            )}
            {onRollback &&
              item.version !== undefined &&
              broughtIntoProduction(item) &&
              inProduction?.get(item.modelRef) !== item.version && (
                <Button
                  variant="tertiary"
                  size="small"
                  iconStart={<RiArrowGoBackLine />}
                  onPress={() => onRollback(item)}
                >
                  {t('ledger.rollback', { version: String(item.version) })}
                </Button>
              )}
          </Flex>
        </li>
      ))}
    </ol>
  );
}

/** Whether an entry is about a version that was in production afterwards, rather than about asking for that. */
export function broughtIntoProduction(entry: LedgerEntry): boolean {
  return entry.to === 'production' && !entry.action.startsWith('promotion-');
}
