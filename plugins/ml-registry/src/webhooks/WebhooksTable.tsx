import { useState } from 'react';
import type { Webhook } from '@downstage/plugin-ml-registry-common';
import {
  PlainTable,
  StatusBadge,
  Time,
  useAction,
  Reason,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Link, Text, VisuallyHidden } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { EntityLink } from '../shared/Person';
import { DeleteWebhookDialog } from './DeleteWebhookDialog';
import { DeliveryBadge } from './DeliveryBadge';

/** Webhooks with how their last delivery ended, and what can be done about them. */
export function WebhooksTable(props: {
  webhooks: readonly Webhook[];
  onChanged: () => void;
}) {
  const { webhooks, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [removing, setRemoving] = useState<Webhook>();
  const [tested, setTested] = useState<{ ok: boolean; text: string }>();

  const test = (webhook: Webhook) =>
    action.run(async () => {
      setTested(undefined);
      const { success, responseStatus, message } = await api.testWebhook({
        params: { id: webhook.id },
        body: {},
      });
      setTested({
        ok: success,
        text: success
          ? t('webhooks.testOk', {
              name: webhook.name,
              status: String(responseStatus),
            })
          : message ?? '',
      });
    });
  const toggle = async ({ id, name, status }: Webhook) => {
    const done = await action.run(
      () =>
        api.updateWebhook({
          params: { id },
          body: { status: status === 'ACTIVE' ? 'DISABLED' : 'ACTIVE' },
        }),
      { title: t('webhooks.changed', { name }) },
    );
    if (done) onChanged();
  };

  return (
    <Flex direction="column" gap="4">
      {tested && (
        <Alert
          status={tested.ok ? 'success' : 'danger'}
          title={tested.ok ? tested.text : t('webhooks.testFailed')}
          description={tested.ok ? undefined : tested.text}
        />
      )}
      {action.error && (
        <Alert
          status="danger"
          title={t('webhooks.failed')}
          description={<Reason error={action.error} />}
        />
      )}
      <PlainTable
        caption={t('webhooks.title')}
        columns={[
          t('webhooks.name'),
          t('webhooks.url'),
          t('webhooks.events'),
          t('webhooks.state'),
          t('webhooks.last'),
          <VisuallyHidden key="actions">
            {t('webhooks.actions')}
          </VisuallyHidden>,
        ]}
        rows={webhooks.map(webhook => ({
          key: webhook.id,
          cells: [
            <Flex key="name" direction="column" gap="0">
              <Link href={paths.webhook(webhook.id)} weight="bold">
                {webhook.name}
              </Link>
              <Text color="secondary" variant="body-small">
                {webhook.model ? (
                  <EntityLink entityRef={webhook.model} />
                ) : (
                  t('webhooks.allModels')
                )}
              </Text>
            </Flex>,
            webhook.url,
            webhook.events.includes('*')
              ? t('webhooks.all')
              : webhook.events.join(', '),
            <Flex key="state" direction="column" gap="0">
              <StatusBadge
                tone={webhook.status === 'ACTIVE' ? 'ok' : 'neutral'}
                label={
                  webhook.status === 'ACTIVE'
                    ? t('webhooks.active')
                    : t('webhooks.disabled')
                }
              />
              {!webhook.signed && (
                <StatusBadge tone="warning" label={t('webhooks.unsigned')} />
              )}
            </Flex>,
            webhook.lastDelivery ? (
              <Flex key="last" direction="column" gap="0">
                <DeliveryBadge delivery={webhook.lastDelivery} />
                <Text color="secondary" variant="body-small">
                  {webhook.lastDelivery.event}{' '}
                  <Time at={webhook.lastDelivery.createdAt} />
                </Text>
              </Flex>
            ) : (
              t('webhooks.never')
            ),
            <Flex key="actions" gap="2">
              <Button
                size="small"
                variant="secondary"
                aria-label={`${t('webhooks.test')} ${webhook.name}`}
                isDisabled={action.pending}
                onPress={() => test(webhook)}
              >
                {t('webhooks.test')}
              </Button>
              <Button
                size="small"
                variant="secondary"
                aria-label={`${
                  webhook.status === 'ACTIVE'
                    ? t('webhooks.disable')
                    : t('webhooks.enable')
                } ${webhook.name}`}
                isDisabled={action.pending}
                onPress={() => toggle(webhook)}
              >
                {webhook.status === 'ACTIVE'
                  ? t('webhooks.disable')
                  : t('webhooks.enable')}
              </Button>
              <Button
                size="small"
                variant="tertiary"
                aria-label={`${t('webhooks.remove')} ${webhook.name}`}
                onPress={() => setRemoving(webhook)}
              >
                {t('webhooks.remove')}
              </Button>
            </Flex>,
          ],
        }))}
      />
      {removing && (
        <DeleteWebhookDialog
          webhook={removing}
          onClose={() => setRemoving(undefined)}
          onDone={() => {
            setRemoving(undefined);
            onChanged();
          }}
        />
      )}
    </Flex>
  );
}
