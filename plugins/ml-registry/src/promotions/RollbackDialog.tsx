import { shownNameOf } from '@downstage/common';
import { useState } from 'react';
import type { Model, ModelVersion } from '@downstage/plugin-ml-registry-common';
import { ConfirmDialog } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Select, TextField } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

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
  const { model, versions } = props;
  const { namespace, name } = model;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [reason, setReason] = useState('');
  const archived = versions.filter(version => version.stage === 'archived');
  const [to, setTo] = useState<string>(
    archived.some(({ version }) => version === props.toVersion)
      ? String(props.toVersion)
      : last,
  );

  return (
    <ConfirmDialog
      title={t('rollback.title', { name: shownNameOf(model) })}
      text={t('rollback.text', { version: String(model.production.version) })}
      words={{
        confirm: t('rollback.confirm'),
        cancel: t('promotion.cancel'),
        failed: t('rollback.failed'),
      }}
      destructive
      isDisabled={!reason.trim()}
      change={() =>
        api.rollbackModel({
          params: { namespace, name },
          body: {
            reason: reason.trim(),
            ...(to !== last && { toVersion: Number(to) }),
          },
        })
      }
      success={{ title: t('rollback.done', { name: shownNameOf(model) }) }}
      onClose={props.onClose}
      onDone={props.onDone}
    >
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
    </ConfirmDialog>
  );
}
