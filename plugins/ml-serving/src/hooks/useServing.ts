import { endpointChangedTopicName } from '@downstage/plugin-ml-serving-common';
import { useLoad, type Loaded } from '@downstage/react';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { useApi } from '@backstage/frontend-plugin-api';
import { mlServingApiRef } from '../api';

/** One endpoint, or `null` when the model is not deployed. Refetched on every change, and often while it loads. */
export function useEndpoint(ref: {
  namespace: string;
  name: string;
}): Loaded<Endpoint | null> {
  const api = useApi(mlServingApiRef);
  return useLoad(
    async signal => {
      try {
        return await api.getEndpoint({ params: ref }, { signal });
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    [ref.namespace, ref.name],
    { channel: endpointChangedTopicName, pollMs: 5_000 },
  );
}

function isNotFound(error: unknown) {
  const { name, cause } = error as Error & { cause?: Error };
  return name === 'NotFoundError' || cause?.name === 'NotFoundError';
}
