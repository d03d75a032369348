import { useState } from 'react';
import type { GarbageCollection } from '@downstage/plugin-ml-registry-common';
import { formatBytes, reasonOf, useAction } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Checkbox,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
} from '@backstage/ui';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';

/** Asks once more: what is deleted for good cannot be restored. */
export function GarbageConfirm(props: {
  shown: GarbageCollection;
  onClose: () => void;
  onDone: () => void;
}) {
  const { shown, onClose, onDone } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [sure, setSure] = useState(false);
  const confirm = async () => {
    const begun = await action.run(() =>
      api.collectGarbage({ params: { id: shown.id } }),
    );
    if (begun) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{t('garbage.confirmTitle')}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Text>
            {t('garbage.confirmText', {
              items: String(shown.itemCount),
              files: String(shown.files),
              bytes: formatBytes(shown.bytes),
            })}
          </Text>
          <Checkbox isSelected={sure} onChange={setSure}>
            {t('garbage.sure')}
          </Checkbox>
          {action.error && (
            <Alert
              status="danger"
              title={t('garbage.collectFailed')}
              description={reasonOf(action.error)}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          destructive
          isDisabled={!sure}
          isPending={action.pending}
          onPress={confirm}
        >
          {t('garbage.collect')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('promotion.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
