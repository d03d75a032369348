import { useEffect, useState } from 'react';
import { ledgerActionSchema } from '@downstage/plugin-ml-registry-common';
import { DayField } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Select, Switch, TextField } from '@backstage/ui';
import { ledgerKeys, type LedgerQuery } from './ledgerQuery';
import { mlRegistryTranslationRef } from '../shared/translation';

const any = 'any';

/** What of the ledger to show. Texts count when they are sent, choices at once. */
export function LedgerFilters(props: {
  query: LedgerQuery;
  onChange: (query: LedgerQuery) => void;
}) {
  const { query, onChange } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [draft, setDraft] = useState<LedgerQuery>(query);
  const address = JSON.stringify(query);
  // The address is what counts: going back restores the fields too.
  useEffect(() => setDraft(JSON.parse(address)), [address]);
  const day = (key: 'from' | 'to') => ({
    label: t(`ledger.${key}`),
    value: query[key] ?? '',
    onChange: (text: string) =>
      onChange({ ...draft, [key]: text || undefined }),
  });
  const field = (key: 'model' | 'actor') => ({
    label: t(`ledger.${key}`),
    value: draft[key] ?? '',
    onChange: (text: string) =>
      setDraft(before => ({ ...before, [key]: text || undefined })),
  });
  return (
    <form
      aria-label={t('ledger.filters')}
      onSubmit={event => {
        event.preventDefault();
        onChange(draft);
      }}
    >
      <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
        <div style={{ flex: '1 1 150px' }}>
          <TextField {...field('model')} placeholder={t('ledger.modelHint')} />
        </div>
        <div style={{ flex: '1 1 150px' }}>
          <TextField {...field('actor')} placeholder={t('ledger.actorHint')} />
        </div>
        <Select
          label={t('ledger.action')}
          options={[
            { value: any, label: t('ledger.anyAction') },
            ...ledgerActionSchema.options.map(value => ({
              value,
              label: value.replaceAll('-', ' '),
            })),
          ]}
          value={query.action ?? any}
          onChange={key =>
            onChange({
              ...draft,
              action: ledgerActionSchema.options.find(word => word === key),
            })
          }
        />
        <DayField {...day('from')} />
        <DayField {...day('to')} />
        <Switch
          label={t('ledger.flagged')}
          isSelected={query.flagged === 'true'}
          onChange={on =>
            onChange({ ...draft, flagged: on ? 'true' : undefined })
          }
        />
        <Button type="submit" variant="secondary">
          {t('ledger.apply')}
        </Button>
        {ledgerKeys.some(key => query[key]) && (
          <Button variant="tertiary" onPress={() => onChange({})}>
            {t('ledger.clear')}
          </Button>
        )}
      </Flex>
    </form>
  );
}
