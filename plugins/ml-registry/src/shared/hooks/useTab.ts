import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';

/** Which tab of a page is open, kept in the address; the first unless another is named. */
export function useTab<T extends string>(
  tabs: readonly T[],
): [T, (tab: unknown) => void] {
  const [search, setSearch] = useSearchParams();
  const tab = tabs.find(each => each === search.get('tab')) ?? tabs[0];
  const open = useCallback(
    (next: unknown) =>
      setSearch(
        before => {
          const after = new URLSearchParams(before);
          if (next === tabs[0]) after.delete('tab');
          else after.set('tab', String(next));
          return after;
        },
        { replace: true },
      ),
    [setSearch, tabs],
  );
  return [tab, open];
}
