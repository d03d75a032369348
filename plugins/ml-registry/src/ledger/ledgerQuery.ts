import {
  ledgerActionSchema,
  type LedgerAction,
} from '@downstage/plugin-ml-registry-common';

/** The filters of the ledger, as they stand in the address. */
export type LedgerQuery = {
  model?: string;
  actor?: string;
  action?: LedgerAction;
  from?: string;
  to?: string;
  flagged?: 'true';
};

export const ledgerKeys = [
  'model',
  'actor',
  'action',
  'from',
  'to',
  'flagged',
] as const;

/** Reads the address; an action nobody knows is left out. */
export function readLedgerQuery(search: URLSearchParams): LedgerQuery {
  const word = search.get('action');
  const action = ledgerActionSchema.options.find(known => known === word);
  const text = (key: 'model' | 'actor' | 'from' | 'to') => {
    const value = search.get(key)?.trim();
    return value ? { [key]: value } : {};
  };
  return {
    ...text('model'),
    ...text('actor'),
    ...(action && { action }),
    ...text('from'),
    ...text('to'),
    ...(search.get('flagged') === 'true' && { flagged: 'true' }),
  };
}

/** The filters that are set, as a query. */
export function ledgerSearch(query: LedgerQuery): URLSearchParams {
  const search = new URLSearchParams();
  for (const key of ledgerKeys) {
    const value = query[key];
    if (value) search.set(key, value);
  }
  return search;
}
