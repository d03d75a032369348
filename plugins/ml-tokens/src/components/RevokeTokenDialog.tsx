import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import { reasonOf, Time, useAction } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
} from '@backstage/ui';
import { mlTokensApiRef } from '../api';
import { mlTokensTranslationRef } from '../translation';

/** Asks once more before a token is ended, and says when it was last used. */
export function RevokeTokenDialog(props: {
  token: AccessToken;
  onClose: () => void;
  onDone: () => void;
}) {
  const { onClose, onDone } = props;
  const { id, name, lastUsedAt } = props.token;
  const api = useApi(mlTokensApiRef);
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const action = useAction();
  const confirm = async () => {
    const done = await action.run(() => api.revokeToken({ params: { id } }), {
      title: t('revoke.done', { name }),
    });
    if (done) onDone();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(520px, 92vw)"
    >
      <DialogHeader>{t('revoke.title', { name })}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="3">
          <Text>{t('revoke.text')}</Text>
          <Text color="secondary">
            {lastUsedAt ? (
              <>
                {t('revoke.used')} <Time at={lastUsedAt} />
              </>
            ) : (
              t('revoke.neverUsed')
            )}
          </Text>
          {action.error && (
            <Alert
              status="danger"
              title={t('revoke.failed')}
              description={reasonOf(action.error)}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          destructive
          isPending={action.pending}
          onPress={confirm}
        >
          {t('revoke.confirm')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('revoke.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
