import type { WebhookDelivery } from '@downstage/plugin-ml-registry-common';
import { StatusBadge, type Tone } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlRegistryTranslationRef } from '../shared/translation';

const tones: Record<WebhookDelivery['state'], Tone> = {
  pending: 'running',
  delivered: 'ok',
  failed: 'error',
};

/** How a delivery stands; one that is tried again warns. */
export function DeliveryBadge({ delivery }: { delivery: WebhookDelivery }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { state, reason } = delivery;
  return (
    <StatusBadge
      tone={state === 'pending' && reason ? 'warning' : tones[state]}
      label={t(`webhooks.states.${state}`)}
      title={reason}
    />
  );
}
