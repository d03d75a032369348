import type { Webhook } from '@downstage/plugin-ml-registry-common';
import { ConfirmDialog } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Asks once more before a webhook goes. */
export function DeleteWebhookDialog(props: {
  webhook: Webhook;
  onClose: () => void;
  onDone: () => void;
}) {
  const { id, name } = props.webhook;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  return (
    <ConfirmDialog
      title={t('webhooks.removeTitle', { name })}
      text={t('webhooks.removeText')}
      words={{
        confirm: t('webhooks.remove'),
        cancel: t('webhooks.cancel'),
        failed: t('webhooks.failed'),
      }}
      destructive
      change={() => api.deleteWebhook({ params: { id } })}
      success={{ title: t('webhooks.removed', { name }) }}
      onClose={props.onClose}
      onDone={props.onDone}
    />
  );
}
