import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  registrationEnds,
  type DatasetDialect,
  type DatasetRegistration,
} from '@downstage/plugin-ml-data-common';
import { reasonOf } from '@downstage/react';
import { mlDataApiRef } from '../shared/api';

const betweenLooks = 1_000;

/** Starts a registration, follows it to its end, and can stop it. It goes on when the page is left. */
export function useRegistration(
  path: { namespace: string; name: string },
  onReady: (version: number) => void,
) {
  const api = useApi(mlDataApiRef);
  const [registration, setRegistration] = useState<DatasetRegistration>();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const left = useRef(false);
  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
    };
  }, []);

  const start = useCallback(
    async (body: { message?: string; dialect?: DatasetDialect }) => {
      setPending(true);
      setError(undefined);
      try {
        let found = await api.startDatasetRegistration({ params: path, body });
        while (!registrationEnds.includes(found.state)) {
          if (left.current) return;
          setRegistration(found);
          await new Promise(resolve => setTimeout(resolve, betweenLooks));
          found = await api.getDatasetRegistration({
            params: { ...path, id: found.id },
          });
        }
        if (left.current) return;
        if (found.state === 'ready' && found.version !== undefined) {
          onReady(found.version);
        } else if (found.state === 'failed') {
          setError(found.error?.message);
        }
      } catch (caught) {
        setError(reasonOf(errorOf(caught)));
      } finally {
        if (!left.current) {
          setRegistration(undefined);
          setPending(false);
        }
      }
    },
    [api, path, onReady],
  );

  const cancel = useCallback(async () => {
    if (!registration) return;
    try {
      await api.cancelDatasetRegistration({
        params: { ...path, id: registration.id },
      });
    } catch (caught) {
      setError(reasonOf(errorOf(caught)));
    }
  }, [api, path, registration]);

  return { start, cancel, pending, registration, error };
}

function errorOf(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}
