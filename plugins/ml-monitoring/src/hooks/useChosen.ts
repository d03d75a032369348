import { useLocation, useSearchParams } from 'react-router-dom';

/** The window and column that are looked at live in the address, so that a link shows the same to others. */
export function useChosen() {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const merged = (change: { window?: string; column?: string }) => {
    const next = new URLSearchParams(search);
    for (const [key, value] of Object.entries(change)) {
      if (value === undefined) next.delete(key);
      else next.set(key, value);
    }
    return next;
  };
  return {
    window: search.get('window') ?? undefined,
    column: search.get('column') ?? undefined,
    choose: (change: { window?: string; column?: string }) =>
      setSearch(merged(change), { replace: true }),
    href: (change: { window?: string; column?: string }) =>
      `${pathname}?${merged(change)}`,
  };
}
