import { useMemo } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlRegistryTranslationRef } from '../../shared/translation';

const NAME = '\u0000';

/** What the buttons of a row are called. Translated once for all rows: hundreds of rows pass while somebody scrolls. */
export type RowLabels = {
  choose: string;
  pin: string;
  hide: string;
  fold: string;
  unfold: string;
  none: string;
  runs: (count: number) => string;
};

export function useRowLabels(): RowLabels {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return useMemo(
    () => ({
      choose: t('runTable.chooseRun', { name: NAME }),
      pin: t('runTable.pinRun', { name: NAME }),
      hide: t('runTable.hideRun', { name: NAME }),
      fold: t('runTable.fold', { name: NAME }),
      unfold: t('runTable.unfold', { name: NAME }),
      none: t('runTable.none'),
      runs: count => t('runTable.runs', { count }),
    }),
    [t],
  );
}

/** A label with the name of the run in its place. */
export function namedLabel(label: string, name: string): string {
  return label.replace(NAME, () => name);
}
