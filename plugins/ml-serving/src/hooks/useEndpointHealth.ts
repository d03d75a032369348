import { endpointChangedTopicName } from '@downstage/plugin-ml-serving-common';
import { useLoad, type ModelHealth } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlServingApiRef } from '../api';
import { endpointTones } from '../components/EndpointState';
import { mlServingTranslationRef } from '../translation';

/** Whether models answer, for lists of models. */
export function useEndpointHealth() {
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const { value } = useLoad(
    signal => api.listEndpoints({}, { signal }),
    [api],
    { channel: endpointChangedTopicName },
  );
  const byModel = new Map(
    value?.items.map(endpoint => [endpoint.modelRef, endpoint]),
  );
  return (modelRef: string): ModelHealth | undefined => {
    const endpoint = byModel.get(modelRef);
    if (!endpoint) return undefined;
    const { ref, state } = endpoint;
    return {
      tone: endpointTones[state],
      label: t('health', { state: t(`state.${state}`) }),
      href: `/endpoints/${ref}`,
    };
  };
}

/** Models whose endpoint does not answer as it should. */
export function useTroubledEndpoints(): readonly string[] {
  const api = useApi(mlServingApiRef);
  const { value } = useLoad(
    signal => api.listEndpoints({}, { signal }),
    [api],
    { channel: endpointChangedTopicName },
  );
  return (value?.items ?? [])
    .filter(({ state }) => ['error', 'warning'].includes(endpointTones[state]))
    .map(({ modelRef }) => modelRef);
}
