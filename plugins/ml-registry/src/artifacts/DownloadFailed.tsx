import { AccessNeeded, accessNeededOf, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert } from '@backstage/ui';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Why a file was not downloaded: a fault, or that it shows data the reader may not read. */
export function DownloadFailed(props: { path: string; error: Error }) {
  const { path, error } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const needed = accessNeededOf(error);
  if (needed) return <AccessNeeded {...needed} />;
  return (
    <Alert
      status="danger"
      title={t('artifacts.failed', { path })}
      description={<Reason error={error} />}
    />
  );
}
