import { useEffect, useState } from 'react';
import { discoveryApiRef, useApi } from '@backstage/frontend-plugin-api';

/** The address to give to the mlflow client, for commands that people copy. */
export function useTrackingUri(): string {
  const discoveryApi = useApi(discoveryApiRef);
  const [uri, setUri] = useState('');
  useEffect(() => {
    let gone = false;
    discoveryApi.getBaseUrl('ml-registry').then(
      baseUrl => {
        if (!gone) setUri(`${baseUrl}/mlflow`);
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [discoveryApi]);
  return uri;
}
