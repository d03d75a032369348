import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { StatusBadge, type Tone } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlServingTranslationRef } from '../translation';

/** How good each state of an endpoint is. */
export const endpointTones: Record<Endpoint['state'], Tone> = {
  waiting: 'neutral',
  loading: 'running',
  ready: 'ok',
  degraded: 'warning',
  failed: 'error',
};

/** The state of an endpoint; its latest condition says why, on hover. */
export function EndpointState(props: { endpoint: Endpoint }) {
  const { endpoint } = props;
  const { t } = useTranslationRef(mlServingTranslationRef);
  return (
    <StatusBadge
      tone={endpointTones[endpoint.state]}
      label={t(`state.${endpoint.state}`)}
      title={
        endpoint.conditions.find(({ status }) => status !== 'true')?.message
      }
    />
  );
}
