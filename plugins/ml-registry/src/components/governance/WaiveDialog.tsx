import { useState } from 'react';
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
  TextAreaField,
} from '@backstage/ui';
import { useRegistry } from '../../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../../translation';

/** Lets a version pass a gate it failed; the reason stays. */
export function WaiveDialog(props: {
  promotionId: string;
  gate: string;
  onClose: () => void;
  onDone: () => void;
}) {
  const { promotionId, gate, onClose, onDone } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [reason, setReason] = useState('');
  const submit = async () => {
    const done = await action.run(
      () =>
        api.waiveGate({
          params: { id: promotionId },
          body: { gate, reason: reason.trim() },
        }),
      { title: t('governance.waiveDone') },
    );
    if (done) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(560px, 92vw)"
    >
      <DialogHeader>{t('governance.waiveTitle', { gate })}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Text>{t('governance.waiveText')}</Text>
          <TextAreaField
            label={t('governance.reason')}
            isRequired
            value={reason}
            onChange={setReason}
          />
          {action.error && (
            <Alert
              status="danger"
              title={t('governance.waiveFailed')}
              description={reasonOf(action.error)}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          destructive
          isDisabled={!reason.trim()}
          isPending={action.pending}
          onPress={submit}
        >
          {t('governance.waiveConfirm')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('promotion.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
