import { useState } from 'react';
import type { Model, ModelVersion } from '@downstage/plugin-ml-registry-common';
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
  Select,
  Text,
  TextField,
} from '@backstage/ui';
import { useRegistry } from '../hooks/useRegistry';
import { mlRegistryTranslationRef } from '../translation';

const last = 'last';

/** Confirms a rollback: to which version, and why. It takes effect at once, so the reason has to be given first. */
export function RollbackDialog(props: {
  model: Model & { production: NonNullable<Model['production']> };
  versions: readonly ModelVersion[];
  /** The version to offer first; the last one in production unless given. */
  toVersion?: number;
  onClose: () => void;
  onDone: () => void;
}) {
  const { model, versions, onClose, onDone } = props;
  const { namespace, name } = model;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [reason, setReason] = useState('');
  const archived = versions.filter(version => version.stage === 'archived');
  const [to, setTo] = useState<string>(
    archived.some(({ version }) => version === props.toVersion)
      ? String(props.toVersion)
      : last,
  );

  const confirm = async () => {
    const done = await action.run(
      () =>
        api.rollbackModel({
          params: { namespace, name },
          body: {
            reason: reason.trim(),
            ...(to !== last && { toVersion: Number(to) }),
          },
        }),
      { title: t('rollback.done', { name }) },
    );
    if (done) onDone();
  };

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{t('rollback.title', { name })}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Text>
            {t('rollback.text', { version: String(model.production.version) })}
          </Text>
          <Select
            label={t('rollback.to')}
            options={[
              { value: last, label: t('rollback.last') },
              ...archived.map(({ version, stage }) => ({
                value: String(version),
                label: t('rollback.version', {
                  version: String(version),
                  stage: t(`stage.${stage}`),
                }),
              })),
            ]}
            value={to}
            onChange={key => setTo(String(key ?? last))}
          />
          <TextField
            label={t('rollback.reason')}
            isRequired
            value={reason}
            onChange={setReason}
          />
          {action.error && (
            <Alert
              status="danger"
              title={t('rollback.failed')}
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
          onPress={confirm}
        >
          {t('rollback.confirm')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('promotion.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
