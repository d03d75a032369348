import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import { ConfirmDialog, Time } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { mlTokensApiRef } from '../api';
import { mlTokensTranslationRef } from '../translation';

/** Asks once more before a token is ended, and says when it was last used. */
export function RevokeTokenDialog(props: {
  token: AccessToken;
  onClose: () => void;
  onDone: () => void;
}) {
  const { id, name, lastUsedAt } = props.token;
  const api = useApi(mlTokensApiRef);
  const { t } = useTranslationRef(mlTokensTranslationRef);
  return (
    <ConfirmDialog
      title={t('revoke.title', { name })}
      text={t('revoke.text')}
      words={{
        confirm: t('revoke.confirm'),
        cancel: t('revoke.cancel'),
        failed: t('revoke.failed'),
      }}
      destructive
      change={() => api.revokeToken({ params: { id } })}
      success={{ title: t('revoke.done', { name }) }}
      onClose={props.onClose}
      onDone={props.onDone}
    >
      <Text color="secondary">
        {lastUsedAt ? (
          <>
            {t('revoke.used')} <Time at={lastUsedAt} />
          </>
        ) : (
          t('revoke.neverUsed')
        )}
      </Text>
    </ConfirmDialog>
  );
}
