import { useLocation, useSearchParams } from 'react-router-dom';
import { readWhich } from './whichMonitor';

type Change = { window?: string; column?: string; monitor?: string };

/** The address holds the monitor, window and column that are looked at. So a link shows the same to others. */
export function useChosen() {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const merged = (change: Change) => {
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
    which: readWhich(search.get('monitor')),
    choose: (change: Change) => setSearch(merged(change), { replace: true }),
    href: (change: Change) => `${pathname}?${merged(change)}`,
  };
}
