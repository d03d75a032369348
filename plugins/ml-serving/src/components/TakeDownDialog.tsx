import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { reasonOf, useAction } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
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
import { mlServingApiRef } from '../api';
import { mlServingTranslationRef } from '../translation';

/** Confirms that an endpoint is taken down. */
export function TakeDownDialog(props: {
  endpoint: Endpoint;
  onClose: () => void;
  onDone: () => void;
}) {
  const { endpoint, onClose, onDone } = props;
  const { namespace, name } = endpoint;
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const action = useAction();
  const confirm = async () => {
    const done = await action.run(
      () => api.deleteEndpoint({ params: { namespace, name } }),
      { title: t('endpoint.removed', { name }) },
    );
    if (done) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{t('endpoint.removeTitle', { name })}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Text>{t('endpoint.removeText')}</Text>
          {action.error && (
            <Alert
              status="danger"
              title={t('endpoint.removeFailed')}
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
          {t('endpoint.remove')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('endpoint.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
