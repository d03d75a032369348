import { useState } from 'react';
import { ConfirmDialog } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { TextAreaField } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Lets a version pass a gate it failed; the reason stays. */
export function WaiveDialog(props: {
  promotionId: string;
  gate: string;
  onClose: () => void;
  onDone: () => void;
}) {
  const { promotionId, gate } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [reason, setReason] = useState('');
  return (
    <ConfirmDialog
      title={t('governance.waiveTitle', { gate })}
      text={t('governance.waiveText')}
      words={{
        confirm: t('governance.waiveConfirm'),
        cancel: t('promotion.cancel'),
        failed: t('governance.waiveFailed'),
      }}
      destructive
      isDisabled={!reason.trim()}
      change={() =>
        api.waiveGate({
          params: { id: promotionId },
          body: { gate, reason: reason.trim() },
        })
      }
      success={{ title: t('governance.waiveDone') }}
      onClose={props.onClose}
      onDone={props.onDone}
    >
      <TextAreaField
        label={t('governance.reason')}
        isRequired
        value={reason}
        onChange={setReason}
      />
    </ConfirmDialog>
  );
}
