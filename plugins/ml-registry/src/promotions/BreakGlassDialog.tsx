import { shownNameOf } from '@downstage/common';
import { useState } from 'react';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { ConfirmDialog } from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, TextAreaField, TextField } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Into production past gates and approvals: with a reason, and the model's name typed to confirm. */
export function BreakGlassDialog(props: {
  version: ModelVersion;
  onClose: () => void;
  onDone: () => void;
}) {
  const { version } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const typed = shownNameOf({ namespace, name });
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [reason, setReason] = useState('');
  const [confirm, setConfirm] = useState('');
  const number = String(version.version);
  return (
    <ConfirmDialog
      title={t('governance.glassTitle', { version: number })}
      words={{
        confirm: t('governance.glassSubmit'),
        cancel: t('promotion.cancel'),
        failed: t('governance.glassFailed'),
      }}
      destructive
      isDisabled={!reason.trim() || confirm !== typed}
      change={() =>
        api.breakGlass({
          params: { namespace, name, version: version.version },
          body: { reason: reason.trim(), confirm },
        })
      }
      success={{ title: t('governance.glassDone', { version: number }) }}
      onClose={props.onClose}
      onDone={props.onDone}
    >
      <Alert status="danger" title={t('governance.glassText')} />
      <TextAreaField
        label={t('governance.reason')}
        isRequired
        value={reason}
        onChange={setReason}
      />
      <TextField
        label={t('governance.glassConfirm', { name: typed })}
        isRequired
        value={confirm}
        onChange={setConfirm}
      />
    </ConfirmDialog>
  );
}
