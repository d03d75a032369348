import { useState } from 'react';
import type { ImportStages } from '@downstage/plugin-ml-registry-common';
import { useAction, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Flex,
  PasswordField,
  Radio,
  RadioGroup,
  TextField,
} from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Which server, how to sign in there, and what becomes of its production versions. */
export function ImportForm(props: { onStarted: (id: string) => void }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [uri, setUri] = useState('');
  const [user, setUser] = useState('');
  const [token, setToken] = useState('');
  const [owner, setOwner] = useState('');
  const [stages, setStages] = useState<ImportStages>('record');
  const [reason, setReason] = useState('');

  const start = () =>
    action.run(
      async () => {
        const { id } = await api.startImport({
          body: {
            uri,
            stages,
            ...(user && { user }),
            ...(token && { token }),
            ...(owner && { owner }),
            ...(stages === 'enter' && { reason }),
          },
        });
        setToken('');
        props.onStarted(id);
      },
      { title: t('imports.started') },
    );

  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        start();
      }}
      style={{ maxWidth: 640 }}
    >
      <Flex direction="column" gap="4">
        <TextField
          label={t('imports.uri')}
          description={t('imports.uriHint')}
          value={uri}
          onChange={setUri}
          isRequired
        />
        <Flex gap="4" align="end">
          <TextField
            label={t('imports.user')}
            description={t('imports.userHint')}
            value={user}
            onChange={setUser}
            autoComplete="off"
          />
          <PasswordField
            label={t('imports.token')}
            description={t('imports.tokenHint')}
            value={token}
            onChange={setToken}
            autoComplete="new-password"
          />
        </Flex>
        <TextField
          label={t('imports.owner')}
          description={t('imports.ownerHint')}
          value={owner}
          onChange={setOwner}
        />
        <RadioGroup
          label={t('imports.stages')}
          value={stages}
          onChange={value => setStages(value === 'enter' ? 'enter' : 'record')}
        >
          <Radio value="record">{t('imports.stageRecord')}</Radio>
          <Radio value="enter">{t('imports.stageEnter')}</Radio>
        </RadioGroup>
        {stages === 'enter' && (
          <TextField
            label={t('imports.reason')}
            description={t('imports.reasonHint')}
            value={reason}
            onChange={setReason}
            isRequired
          />
        )}
        {action.error && (
          <Alert
            status="danger"
            title={t('imports.failed')}
            description={<Reason error={action.error} />}
          />
        )}
        <Flex>
          <Button
            type="submit"
            variant="primary"
            isPending={action.pending}
            isDisabled={!uri || (stages === 'enter' && reason.length < 10)}
          >
            {t('imports.start')}
          </Button>
        </Flex>
      </Flex>
    </form>
  );
}
