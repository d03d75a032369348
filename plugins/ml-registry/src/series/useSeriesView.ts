import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import { readSeriesView, writeSeriesView, type SeriesView } from './seriesView';

/** How charts are drawn, kept in the address. */
export function useSeriesView(): [
  SeriesView,
  (change: Partial<SeriesView>) => void,
] {
  const [search, setSearch] = useSearchParams();
  const view = useMemo(() => readSeriesView(search), [search]);
  const change = useCallback(
    (part: Partial<SeriesView>) =>
      setSearch(
        before =>
          writeSeriesView({ ...readSeriesView(before), ...part }, before),
        { replace: true },
      ),
    [setSearch],
  );
  return [view, change];
}
