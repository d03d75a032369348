import { shownNameOf } from '@downstage/common';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { ConfirmDialog } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlServingApiRef } from '../api';
import { mlServingTranslationRef } from '../translation';

/** Confirms that an endpoint is taken down. */
export function TakeDownDialog(props: {
  endpoint: Endpoint;
  onClose: () => void;
  onDone: () => void;
}) {
  const { namespace, name } = props.endpoint;
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  return (
    <ConfirmDialog
      title={t('endpoint.removeTitle', { name: shownNameOf(props.endpoint) })}
      text={t('endpoint.removeText')}
      words={{
        confirm: t('endpoint.remove'),
        cancel: t('endpoint.cancel'),
        failed: t('endpoint.removeFailed'),
      }}
      destructive
      change={() => api.deleteEndpoint({ params: { namespace, name } })}
      success={{
        title: t('endpoint.removed', { name: shownNameOf(props.endpoint) }),
      }}
      onClose={props.onClose}
      onDone={props.onDone}
    />
  );
}
