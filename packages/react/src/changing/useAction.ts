import { useState } from 'react';
import { toastApiRef, useApi } from '@backstage/frontend-plugin-api';

/** What a toast says when a change worked, and where it may lead. */
export type Success = { title: string; href?: string; link?: string };

/** A change a person asked for: whether it is under way, what went wrong, and how to ask for it. */
export type Action = {
  pending: boolean;
  error?: Error;
  /** Resolves to whether it worked; never throws. */
  run: (
    change: () => Promise<unknown>,
    /** What the toast says; without it, the page itself shows what changed. */
    success?: Success,
  ) => Promise<boolean>;
  clear: () => void;
};

/**
 * Runs a change, and says in a toast that it worked. When it did not, the reason is kept, to be shown where it was
 * asked for.
 */
export function useAction(): Action {
  const toastApi = useApi(toastApiRef);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<Error>();
  return {
    pending,
    error,
    clear: () => setError(undefined),
    run: async (change, success) => {
      setPending(true);
      setError(undefined);
      try {
        await change();
        if (success) {
          const { title, href, link } = success;
          toastApi.post({
            title,
            status: 'success',
            timeout: 6000,
            ...(href && link && { links: [{ label: link, href }] }),
          });
        }
        return true;
      } catch (caught) {
        setError(caught instanceof Error ? caught : new Error(String(caught)));
        return false;
      } finally {
        setPending(false);
      }
    },
  };
}
