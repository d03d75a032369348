import { useState } from 'react';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { reasonOf, useAction } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  TextAreaField,
  TextField,
} from '@backstage/ui';
import { useRegistry } from '../../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../../translation';

/** Into production past gates and approvals: with a reason, and the model's name typed to confirm. */
export function BreakGlassDialog(props: {
  version: ModelVersion;
  onClose: () => void;
  onDone: () => void;
}) {
  const { version, onClose, onDone } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [reason, setReason] = useState('');
  const [confirm, setConfirm] = useState('');
  const number = String(version.version);
  const submit = async () => {
    const done = await action.run(
      () =>
        api.breakGlass({
          params: { namespace, name, version: version.version },
          body: { reason: reason.trim(), confirm },
        }),
      { title: t('governance.glassDone', { version: number }) },
    );
    if (done) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(560px, 92vw)"
    >
      <DialogHeader>
        {t('governance.glassTitle', { version: number })}
      </DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Alert status="danger" title={t('governance.glassText')} />
          <TextAreaField
            label={t('governance.reason')}
            isRequired
            value={reason}
            onChange={setReason}
          />
          <TextField
            label={t('governance.glassConfirm', { name })}
            isRequired
            value={confirm}
            onChange={setConfirm}
          />
          {action.error && (
            <Alert
              status="danger"
              title={t('governance.glassFailed')}
              description={reasonOf(action.error)}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          destructive
          isDisabled={!reason.trim() || confirm !== name}
          isPending={action.pending}
          onPress={submit}
        >
          {t('governance.glassSubmit')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('promotion.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
