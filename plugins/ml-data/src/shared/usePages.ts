import { useState } from 'react';
import { useLoad, type Loaded } from '@downstage/react';

type Page<T> = { items: T[]; nextCursor?: string };

/** The pages of a list that a person has asked for so far, as one. A new question begins with the first. */
export function usePages<T>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  deps: readonly unknown[],
  options: { pollMs?: number; channel?: string } = {},
): Loaded<Page<T>> & { more: () => void } {
  const [asked, setAsked] = useState({ key: '', pages: 1 });
  const key = JSON.stringify(deps);
  const pages = asked.key === key ? asked.pages : 1;
  const loaded = useLoad(
    async signal => {
      const found: Page<T> = { items: [] };
      for (let page = 0; page < pages; page += 1) {
        const { items, nextCursor } = await load(found.nextCursor, signal);
        found.items.push(...items);
        found.nextCursor = nextCursor;
        if (!nextCursor) break;
      }
      return found;
    },
    // More pages are the same question: what is shown stays while they come.
    deps,
    options,
  );
  return {
    ...loaded,
    more: () => {
      setAsked({ key, pages: pages + 1 });
      loaded.retry();
    },
  };
}
