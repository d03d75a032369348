import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import {
  readViewState,
  writeViewState,
  type ViewState,
} from './domain/viewState';

/** What was chosen on the runs table, kept in the address. */
export function useViewState(): [
  ViewState,
  (change: Partial<ViewState>) => void,
] {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(() => readViewState(search), [search]);
  const change = useCallback(
    (part: Partial<ViewState>) =>
      setSearch(
        before => writeViewState({ ...readViewState(before), ...part }, before),
        { replace: true },
      ),
    [setSearch],
  );
  return [state, change];
}
