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
import { useRegistration } from '../hooks/useRegistration';
import { useWords } from '../hooks/useWords';
import { RegistrationProgress } from './RegistrationProgress';

/** Asks what changed and registers a version in the background, showing how far it is. */
export function RegisterDialog(props: {
  path: { namespace: string; name: string };
  uri: string;
  latest?: number;
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useWords();
  const { path, uri, latest, onClose, onDone } = props;
  const toastApi = useApi(toastApiRef);
  const [message, setMessage] = useState('');
  const { start, cancel, pending, registration, error } = useRegistration(
    path,
    version => {
      toastApi.post({
        title: t(
          version === latest ? 'versions.unchanged' : 'versions.registered',
          { version: String(version) },
        ),
        status: version === latest ? 'neutral' : 'success',
        timeout: 6000,
      });
      onDone();
    },
  );
  const register = () =>
    start(message.trim() ? { message: message.trim() } : {});

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
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
            <>
              <RegistrationProgress registration={registration} />
              <Text color="secondary">{t('registration.goesOn')}</Text>
            </>
          )}
          {error && (
            <Alert
              status="danger"
              title={t('versions.failed')}
              description={error}
            />
          )}
          {error && /spec\.location\./.test(error) && (
            <Text color="secondary">{t('registration.dialect')}</Text>
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" isPending={pending} onPress={register}>
          {t('versions.register')}
        </Button>
        {registration ? (
          <Button variant="secondary" onPress={cancel}>
            {t('registration.cancel')}
          </Button>
        ) : (
          <Button variant="secondary" onPress={onClose}>
            {t('versions.cancel')}
          </Button>
        )}
      </DialogFooter>
    </Dialog>
  );
}
