import { useState } from 'react';
import {
  Frame,
  PlainTable,
  Time,
  useAction,
  useLoad,
  Reason,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { DeliveryBadge } from './DeliveryBadge';

const PAGE = 50;

/** What was sent to one webhook, newest first, with why it failed. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [limit, setLimit] = useState(PAGE);
  const deliveries = useLoad(
    signal =>
      api.listWebhookDeliveries(
        { params: { id: webhookId }, query: { limit } },
        { signal },
      ),
    [api, webhookId, limit],
    { pollMs: 5_000 },
  );
  const again = async (deliveryId: string) => {
    const done = await action.run(
      () =>
        api.redeliverWebhook({
          params: { id: webhookId, deliveryId },
          body: {},
        }),
      { title: t('webhooks.againDone') },
    );
    if (done) deliveries.retry();
  };
  return (
    <Flex direction="column" gap="4">
      {action.error && (
        <Alert
          status="danger"
          title={t('webhooks.failed')}
          description={<Reason error={action.error} />}
        />
      )}
      <Frame
        value={deliveries}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('webhooks.deliveriesEmptyTitle'),
          description: t('webhooks.deliveriesEmptyText'),
        }}
      >
        {({ items, nextCursor }) => (
          <Flex direction="column" gap="4">
            <PlainTable
              caption={t('webhooks.showDeliveries')}
              columns={[
                t('webhooks.event'),
                t('webhooks.model'),
                t('webhooks.when'),
                t('webhooks.state'),
                t('webhooks.attempts'),
                t('webhooks.why'),
                '',
              ]}
              rows={items.map(delivery => ({
                key: delivery.id,
                cells: [
                  delivery.event,
                  delivery.model ?? '–',
                  <Time key="when" at={delivery.createdAt} />,
                  <DeliveryBadge key="state" delivery={delivery} />,
                  String(delivery.attempts),
                  delivery.reason ?? delivery.responseStatus ?? '–',
                  delivery.state !== 'pending' && (
                    <Button
                      key="again"
                      size="small"
                      variant="secondary"
                      aria-label={`${t('webhooks.again')} ${delivery.event}`}
                      isDisabled={action.pending}
                      onPress={() => again(delivery.id)}
                    >
                      {t('webhooks.again')}
                    </Button>
                  ),
                ],
              }))}
            />
            {nextCursor && limit < 500 && (
              <Flex>
                <Button
                  variant="secondary"
                  onPress={() => setLimit(Math.min(500, limit + PAGE))}
                >
                  {t('webhooks.more')}
                </Button>
              </Flex>
            )}
          </Flex>
        )}
      </Frame>
    </Flex>
  );
}
