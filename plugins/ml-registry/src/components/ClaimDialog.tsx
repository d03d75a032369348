import { useState } from 'react';
import type { Model } from '@downstage/plugin-ml-registry-common';
import { reasonOf, useAction, useMe } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Select,
  Text,
} from '@backstage/ui';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';

/** Takes a model that nobody owns for one of the reader's groups. */
export function ClaimDialog(props: {
  model: Model;
  onClose: () => void;
  onDone: () => void;
}) {
  const { model, onClose, onDone } = props;
  const { namespace, name } = model;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const groups = (useMe()?.ownershipEntityRefs ?? []).filter(ref =>
    ref.startsWith('group:'),
  );
  const [chosen, setChosen] = useState<string>();
  const owner = chosen ?? groups[0];

  const confirm = async () => {
    const done = await action.run(
      () => api.claimModel({ params: { namespace, name }, body: { owner } }),
      { title: t('claim.done', { name, owner }) },
    );
    if (done) onDone();
  };

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{t('claim.title', { name })}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Text>{t('claim.text')}</Text>
          {groups.length > 0 ? (
            <Select
              label={t('claim.owner')}
              options={groups.map(ref => ({ value: ref, label: ref }))}
              value={owner}
              onChange={key => setChosen(String(key ?? groups[0]))}
            />
          ) : (
            <Alert status="warning" title={t('claim.noGroups')} />
          )}
          {action.error && (
            <Alert
              status="danger"
              title={t('claim.failed')}
              description={reasonOf(action.error)}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          isDisabled={!owner}
          isPending={action.pending}
          onPress={confirm}
        >
          {t('claim.confirm')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('promotion.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
