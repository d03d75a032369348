import { useState } from 'react';
import { toastApiRef, useApi } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
  TextField,
} from '@backstage/ui';
import { LinearProgress } from '@material-ui/core';
import { mlDataApiRef } from '../api';
import { reasonOf } from '../domain/reasonOf';
import { useWords } from '../hooks/useWords';

/** Asks what changed and registers a version, showing that it is under way: large data takes minutes. */
export function RegisterDialog(props: {
  path: { namespace: string; name: string };
  uri: string;
  latest?: number;
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useWords();
  const { path, uri, latest, onClose, onDone } = props;
  const api = useApi(mlDataApiRef);
  const toastApi = useApi(toastApiRef);
  const [message, setMessage] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();

  const register = async () => {
    setPending(true);
    setError(undefined);
    try {
      const { version } = await api.registerDatasetVersion({
        params: path,
        body: message.trim() ? { message: message.trim() } : {},
      });
      toastApi.post({
        title: t(
          version === latest ? 'versions.unchanged' : 'versions.registered',
          { version: String(version) },
        ),
        status: version === latest ? 'neutral' : 'success',
        timeout: 6000,
      });
      onDone();
    } catch (caught) {
      setError(reasonOf(caught));
    } finally {
      setPending(false);
    }
  };

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && !pending && onClose()}
      width="min(560px, 92vw)"
    >
      <DialogHeader>{t('versions.register')}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Text>{t('versions.dialogText', { uri })}</Text>
          <TextField
            label={t('versions.message')}
            value={message}
            onChange={setMessage}
            maxLength={500}
            isDisabled={pending}
          />
          {pending && (
            <div role="status">
              <Text color="secondary">{t('versions.registering')}</Text>
              <LinearProgress aria-label={t('versions.registering')} />
            </div>
          )}
          {error && (
            <Alert
              status="danger"
              title={t('versions.failed')}
              description={error}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" isPending={pending} onPress={register}>
          {t('versions.register')}
        </Button>
        <Button variant="secondary" isDisabled={pending} onPress={onClose}>
          {t('versions.cancel')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
