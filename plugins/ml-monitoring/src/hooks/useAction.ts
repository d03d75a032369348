import { useState } from 'react';
import { toastApiRef, useApi } from '@backstage/frontend-plugin-api';

/** Runs a change, says in a toast that it worked, and keeps the reason when it did not. */
export function useAction() {
  const toastApi = useApi(toastApiRef);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Error>();
  const run = async (change: () => Promise<unknown>, success?: string) => {
    setPending(true);
    setError(undefined);
    try {
      await change();
      if (success)
        toastApi.post({ title: success, status: 'success', timeout: 6000 });
      return true;
    } catch (caught) {
      setError(caught instanceof Error ? caught : new Error(String(caught)));
      return false;
    } finally {
      setPending(false);
    }
  };
  return { pending, error, run };
}
