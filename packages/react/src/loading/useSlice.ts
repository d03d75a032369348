import { useState } from 'react';

/** A part of a list that is here in full, with the way to its neighbours, as `Pager` shows it. */
export type Slice<T> = {
  items: readonly T[];
  /** Counted from 1. */
  page: number;
  /** How many there are. */
  pages: number;
  next?: () => void;
  previous?: () => void;
};

/**
 * Shows a list that is here in full page by page. When it gets shorter, the last page that is left is shown.
 *
 * @example
 * ```tsx
 * const slice = useSlice(tokens, 20);
 * return <><Rows items={slice.items} /><Pager pages={slice} /></>;
 * ```
 */
export function useSlice<T>(all: readonly T[], size: number): Slice<T> {
  const [chosen, choose] = useState(1);
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(chosen, pages);
  return {
    items: all.slice((page - 1) * size, page * size),
    page,
    pages,
    ...(page < pages && { next: () => choose(page + 1) }),
    ...(page > 1 && { previous: () => choose(page - 1) }),
  };
}
