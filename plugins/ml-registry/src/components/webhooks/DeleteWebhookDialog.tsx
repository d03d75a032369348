import type { Webhook } from '@downstage/plugin-ml-registry-common';
import { reasonOf, useAction } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
} from '@backstage/ui';
import { useRegistry } from '../../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../../translation';

/** Asks once more before a webhook goes. */
export function DeleteWebhookDialog(props: {
  webhook: Webhook;
  onClose: () => void;
  onDone: () => void;
}) {
  const { onClose, onDone } = props;
  const { id, name } = props.webhook;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const confirm = async () => {
    const done = await action.run(() => api.deleteWebhook({ params: { id } }), {
      title: t('webhooks.removed', { name }),
    });
    if (done) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{t('webhooks.removeTitle', { name })}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="3">
          <Text>{t('webhooks.removeText')}</Text>
          {action.error && (
            <Alert
              status="danger"
              title={t('webhooks.failed')}
              description={reasonOf(action.error)}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          destructive
          isPending={action.pending}
          onPress={confirm}
        >
          {t('webhooks.remove')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('webhooks.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
