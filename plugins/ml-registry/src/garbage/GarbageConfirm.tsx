import { useState } from 'react';
import type { GarbageCollection } from '@downstage/plugin-ml-registry-common';
import { ConfirmDialog, formatBytes } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Checkbox } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Asks once more: what is deleted for good cannot be restored. */
export function GarbageConfirm(props: {
  shown: GarbageCollection;
  onClose: () => void;
  onDone: () => void;
}) {
  const { shown } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [sure, setSure] = useState(false);
  return (
    <ConfirmDialog
      title={t('garbage.confirmTitle')}
      text={t('garbage.confirmText', {
        items: String(shown.itemCount),
        files: String(shown.files),
        bytes: formatBytes(shown.bytes),
      })}
      words={{
        confirm: t('garbage.collect'),
        cancel: t('promotion.cancel'),
        failed: t('garbage.collectFailed'),
      }}
      destructive
      isDisabled={!sure}
      change={() => api.collectGarbage({ params: { id: shown.id } })}
      onClose={props.onClose}
      onDone={props.onDone}
    >
      <Checkbox isSelected={sure} onChange={setSure}>
        {t('garbage.sure')}
      </Checkbox>
    </ConfirmDialog>
  );
}
