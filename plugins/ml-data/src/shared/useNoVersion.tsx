import { ButtonLink } from '@backstage/ui';
import type { EmptyFace } from '@downstage/react';
import { paths } from './paths';
import { useWords } from './useWords';

/** What is said where a version of a dataset would be, while it has none: the tab where one is registered. */
export function useNoVersion(datasetRef: string | undefined): EmptyFace {
  const t = useWords();
  return {
    title: t('versions.emptyTitle'),
    description: t('versions.emptyText'),
    action: datasetRef && (
      <ButtonLink
        variant="secondary"
        href={paths.entity(datasetRef, 'versions')}
      >
        {t('versions.toTab')}
      </ButtonLink>
    ),
  };
}
