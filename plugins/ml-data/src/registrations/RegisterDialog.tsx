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
import { dialectOfForm, emptyDialectForm } from './dialectOfForm';
import { useRegistration } from './useRegistration';
import { useWords } from '../shared/useWords';
import { DialectFields } from './DialectFields';
import { ReadingPreview } from './ReadingPreview';
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
  const [form, setForm] = useState(emptyDialectForm);
  const [declares, setDeclares] = useState(false);
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
  const dialect = declares ? dialectOfForm(form) : undefined;
  const register = () =>
    start({
      ...(message.trim() && { message: message.trim() }),
      ...(dialect && { dialect }),
    });
  // Parquet says itself what it holds.
  const isText = !uri.toLowerCase().endsWith('.parquet');

  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width={declares ? 'min(900px, 92vw)' : 'min(560px, 92vw)'}
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
          {isText && !declares && (
            <Button
              variant="tertiary"
              isDisabled={pending}
              onPress={() => setDeclares(true)}
            >
              {t('dialect.open')}
            </Button>
          )}
          {isText && declares && (
            <>
              <DialectFields
                value={form}
                onChange={setForm}
                isDisabled={pending}
              />
              <ReadingPreview path={path} dialect={dialect} />
            </>
          )}
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
          {error && !declares && /spec\.location\./.test(error) && (
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
