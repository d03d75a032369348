import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { RunsBrowser } from './RunsBrowser';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

/** All runs of all experiments. */
export function RunsPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <RegistryFrame
      tab="runs"
      title={t('nav.runs')}
      description={t('runs.description')}
    >
      <RunsBrowser />
    </RegistryFrame>
  );
}
