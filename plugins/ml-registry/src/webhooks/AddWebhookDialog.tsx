import { useState } from 'react';
import {
  webhookEvents,
  webhookEventSchema,
  type WebhookEvent,
} from '@downstage/plugin-ml-registry-common';
import { CodeBlock, useAction, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  Text,
  TextField,
} from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Makes a webhook, then shows its secret, once: what is closed cannot be opened again. */
export function AddWebhookDialog(props: {
  onMade: () => void;
  onClose: () => void;
}) {
  const { onMade, onClose } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [made, setMade] = useState<{ name: string; secret: string }>();
  return (
    <Dialog
      isOpen
      // A click beside the dialog must not lose a secret that was not copied yet.
      isDismissable={!made}
      onOpenChange={open => !open && onClose()}
      width="min(640px, 94vw)"
    >
      <DialogHeader>
        {made
          ? t('webhooks.secretTitle', { name: made.name })
          : t('webhooks.add')}
      </DialogHeader>
      {made ? (
        <>
          <DialogBody>
            <Flex direction="column" gap="4">
              <Alert status="warning" title={t('webhooks.secretOnce')} />
              <CodeBlock code={made.secret} label={t('webhooks.copySecret')} />
              <Text color="secondary">{t('webhooks.verify')}</Text>
            </Flex>
          </DialogBody>
          <DialogFooter>
            <Button variant="primary" onPress={onClose}>
              {t('webhooks.done')}
            </Button>
          </DialogFooter>
        </>
      ) : (
        <Form
          onClose={onClose}
          onMade={created => {
            setMade(created);
            onMade();
          }}
        />
      )}
    </Dialog>
  );
}

function Form(props: {
  onMade: (made: { name: string; secret: string }) => void;
  onClose: () => void;
}) {
  const { onMade, onClose } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [model, setModel] = useState('');
  const [all, setAll] = useState(true);
  const [chosen, setChosen] = useState<WebhookEvent[]>([]);
  const events: WebhookEvent[] = all ? ['*'] : chosen;

  const confirm = () =>
    action.run(async () => {
      const { webhook, secret } = await api.createWebhook({
        body: { name, url, events, ...(model && { model }) },
      });
      onMade({ name: webhook.name, secret });
    });

  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="4">
          <TextField
            label={t('webhooks.name')}
            description={t('webhooks.nameHint')}
            value={name}
            onChange={setName}
            isRequired
            maxLength={63}
          />
          <TextField
            label={t('webhooks.url')}
            description={t('webhooks.urlHint')}
            value={url}
            onChange={setUrl}
            isRequired
          />
          <TextField
            label={t('webhooks.model')}
            description={t('webhooks.modelHint')}
            value={model}
            onChange={setModel}
          />
          <Checkbox isSelected={all} onChange={setAll}>
            {t('webhooks.all')}
          </Checkbox>
          {!all && (
            <div style={{ maxHeight: 240, overflowY: 'auto' }}>
              <CheckboxGroup
                label={t('webhooks.events')}
                description={t('webhooks.eventsHint')}
                value={chosen}
                onChange={values =>
                  setChosen(
                    webhookEventSchema.options.filter(event =>
                      values.includes(event),
                    ),
                  )
                }
              >
                {webhookEvents.map(event => (
                  <Checkbox key={event} value={event}>
                    {event}
                  </Checkbox>
                ))}
              </CheckboxGroup>
            </div>
          )}
          {action.error && (
            <Alert
              status="danger"
              title={t('webhooks.failed')}
              description={<Reason error={action.error} />}
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          isDisabled={!name || !url || events.length === 0}
          isPending={action.pending}
          onPress={confirm}
        >
          {t('webhooks.add')}
        </Button>
        <Button variant="secondary" onPress={onClose}>
          {t('webhooks.cancel')}
        </Button>
      </DialogFooter>
    </>
  );
}
