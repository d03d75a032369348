import { useEffect, useRef, useState } from 'react';
import { endpointChangedTopicName } from '@downstage/plugin-ml-serving-common';
import { useLoad, type ModelHealth } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlServingApiRef } from '../api';
import { endpointTones } from '../components/EndpointState';
import { mlServingTranslationRef } from '../translation';

/** As many as fit into an address. */
const mostAsked = 100;

/** Whether models answer, for lists of models: asks about those that are shown, and no others. */
export function useEndpointHealth() {
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const shown = useRef(new Set<string>());
  const [asked, setAsked] = useState<readonly string[]>([]);
  // Rows ask while they are drawn; what they asked is known when all are.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- what was drawn is known after each drawing; it settles at once
  useEffect(() => {
    const now = [...shown.current].slice(-mostAsked).sort();
    shown.current.clear();
    if (now.length && now.join() !== asked.join()) setAsked(now);
  });
  const { value } = useLoad(
    async signal =>
      asked.length
        ? api.listEndpoints(
            { query: { model: [...asked], limit: mostAsked } },
            { signal },
          )
        : { items: [] },
    [api, asked.join()],
    { channel: endpointChangedTopicName },
  );
  const byModel = new Map(
    value?.items.map(endpoint => [endpoint.modelRef, endpoint]),
  );
  return (modelRef: string): ModelHealth | undefined => {
    shown.current.add(modelRef);
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

/** Models whose endpoint does not answer as it should; the first 500. */
export function useTroubledEndpoints(): readonly string[] {
  const api = useApi(mlServingApiRef);
  const { value } = useLoad(
    signal =>
      api.listEndpoints(
        { query: { state: ['failed', 'degraded'], limit: 500 } },
        { signal },
      ),
    [api],
    { channel: endpointChangedTopicName },
  );
  return (value?.items ?? []).map(({ modelRef }) => modelRef);
}
