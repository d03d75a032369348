import { useState } from 'react';
import { useLoad, type Loaded } from './useLoad';

type Page<T> = { items: T[]; nextCursor?: string };

/** One page of a list that the server pages, with the way to its neighbours. */
export type Pages<T> = Loaded<Page<T>> & {
  /** Counted from 1. */
  page: number;
  next?: () => void;
  previous?: () => void;
};

/**
 * Shows a list page by page, as the server's cursor leads. Another question begins at the first page again.
 *
 * @example
 * ```tsx
 * const models = usePages((cursor, signal) => api.listModels({ query: { cursor, query } }, { signal }), [query]);
 * return <Frame value={models}>{({ items }) => <><Rows items={items} /><Pager pages={models} /></>}</Frame>;
 * ```
 */
export function usePages<T>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  deps: readonly unknown[],
  options: { pollMs?: number; channel?: string | string[] } = {},
): Pages<T> {
  const question = JSON.stringify(
    deps.map(dep => (typeof dep === 'object' ? null : dep)),
  );
  const [place, setPlace] = useState<{ question: string; cursors: string[] }>({
    question,
    cursors: [],
  });
  const cursors = place.question === question ? place.cursors : [];
  const cursor = cursors.at(-1);
  const loaded = useLoad(
    signal => load(cursor, signal),
    [...deps, cursor],
    options,
  );
  const nextCursor = loaded.value?.nextCursor;
  return {
    ...loaded,
    page: cursors.length + 1,
    ...(nextCursor && {
      next: () => setPlace({ question, cursors: [...cursors, nextCursor] }),
    }),
    ...(cursors.length > 0 && {
      previous: () => setPlace({ question, cursors: cursors.slice(0, -1) }),
    }),
  };
}
